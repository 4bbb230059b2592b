"""PyTorch behind the protocol of contender.ts: eager, in its default layout or with `channels_last`.

One JSON command a line on stdin, one JSON line each as the answer:
{"load": "cnn", "file": PATH, "tensors": [[name, shape], ...], "shape": [64, 1, 28, 28], "threads": n}  -> [five losses]
{"steps": n}  -> {"wall": [n], "cpu": [n], "peakMb": m}
"""
import json
import resource
import sys
import time

import numpy as np
import torch
import torchvision
from torch import nn

CHANNELS_LAST = "channels_last" in sys.argv[1:]


def mlp():
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)
    )


def cnn():
    stages, channels = [], 1
    for width in (16, 32, 64):
        stages += [
            nn.Conv2d(channels, width, 3, padding=1, bias=False),
            nn.MaxPool2d(2),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        ]
        channels = width
    return nn.Sequential(*stages, nn.Flatten(), nn.Linear(64 * 9, 64), nn.ReLU(), nn.Linear(64, 10))


def resnet(depth):
    """torchvision's, with the stem for small images."""
    model = getattr(torchvision.models, f"resnet{depth}")(weights=None, num_classes=10)
    model.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    model.maxpool = nn.Identity()
    return model


def mobilenetv2():
    return torchvision.models.mobilenet_v2(weights=None, num_classes=10, dropout=0.0)


MODELS = {
    "mlp": mlp,
    "cnn": cnn,
    "resnet18": lambda: resnet(18),
    "resnet50": lambda: resnet(50),
    "mobilenetv2": mobilenetv2,
}


def take_weights(model, tensors, data):
    """By name where the names are torchvision's, else in order. Returns where the tensors end."""
    state = {name: value for name, value in model.state_dict().items() if not name.endswith("num_batches_tracked")}
    same_names = set(state) == {name for name, _ in tensors}
    in_order = iter(list(state.values()))
    at = 0
    for name, shape in tensors:
        target = state[name] if same_names else next(in_order)
        assert list(target.shape) == shape, (name, list(target.shape), shape)
        size = target.numel()
        target.copy_(torch.from_numpy(data[at : at + size]).view(shape))
        at += size
    return at


def load(command):
    torch.set_num_threads(command["threads"])
    data = np.fromfile(command["file"], dtype=np.float32)
    model = MODELS[command["load"]]()
    at = take_weights(model, command["tensors"], data)
    shape = command["shape"]
    rows = shape[0]
    inputs = torch.from_numpy(data[at:-rows].copy()).view(shape)
    labels = torch.from_numpy(data[-rows:].astype(np.int64))
    if CHANNELS_LAST:
        model = model.to(memory_format=torch.channels_last)
        inputs = inputs.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    model.train()

    def step():
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def timed(step, steps):
    wall, cpu = [], []
    for _ in range(steps):
        started, before = time.perf_counter(), time.process_time()
        step()
        wall.append(1000 * (time.perf_counter() - started))
        cpu.append(1000 * (time.process_time() - before))
    return {"wall": wall, "cpu": cpu, "peakMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


step = None
for line in sys.stdin:
    command = json.loads(line)
    if "load" in command:
        step = load(command)
        answer = [step() for _ in range(5)]
    else:
        answer = timed(step, command["steps"])
    print(json.dumps(answer), flush=True)
