"""The PyTorch half of training.ts: the same two models, fed the same weights and batch, timed on request.

Reads one JSON command a line on stdin, answers one JSON line each:
{"load": "cnn", "file": PATH, "tensors": [[name, shape], ...], "batch": [shape, rows], "threads": n}  -> {"losses": [five]}
{"steps": n}  -> {"ms": [n]}
The file holds float32: every tensor in order, then the inputs, then the class numbers.
"""
import json
import sys
import time

import numpy as np
import torch
from torch import nn


def mlp():
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))


def cnn():
    stages, channels = [], 1
    for width in (16, 32, 64):
        stages += [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.MaxPool2d(2), nn.BatchNorm2d(width), nn.ReLU()]
        channels = width
    return nn.Sequential(*stages, nn.Flatten(), nn.Linear(64 * 9, 64), nn.ReLU(), nn.Linear(64, 10))


def load(command):
    torch.set_num_threads(command["threads"])
    data = np.fromfile(command["file"], dtype=np.float32)
    model = {"mlp": mlp, "cnn": cnn}[command["load"]]()
    targets = [value for name, value in model.state_dict().items() if not name.endswith("num_batches_tracked")]
    at = 0
    for target, (_, shape) in zip(targets, command["tensors"], strict=True):
        assert list(target.shape) == shape, (list(target.shape), shape)
        size = target.numel()
        target.copy_(torch.from_numpy(data[at : at + size]).view(shape))
        at += size
    shape, rows = command["batch"]
    inputs = torch.from_numpy(data[at:-rows].copy()).view(shape)
    labels = torch.from_numpy(data[-rows:].astype(np.int64))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    model.train()

    def step():
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


step = None
print(json.dumps({"torch": torch.__version__}), flush=True)
for line in sys.stdin:
    command = json.loads(line)
    if "load" in command:
        step = load(command)
        answer = {"losses": [step() for _ in range(5)]}
    else:
        times = []
        for _ in range(command["steps"]):
            started = time.perf_counter()
            step()
            times.append(1000 * (time.perf_counter() - started))
        answer = {"ms": times}
    print(json.dumps(answer), flush=True)
