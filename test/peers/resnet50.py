"""A ResNet-50 as torchvision makes it, its answers and its gradients, for resnet50.test.ts.

usage: python resnet50.py FOLDER
writes weights.safetensors (the state dict), rows.safetensors (images, logits), gradients.safetensors (of the mean
cross-entropy, float64) and errors.json (relative L2 error of PyTorch's own float32 gradients against them).
"""

import copy
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torchvision.models import resnet50

folder = Path(sys.argv[1])
torch.manual_seed(20)
torch.set_num_threads(2)
model = resnet50(weights=None)
save_file(model.state_dict(), folder / "weights.safetensors")
images = torch.randn(8, 3, 64, 64)
labels = torch.arange(8) * 100


def gradients_of(network, rows):
    network.zero_grad()
    network.train()
    torch.nn.functional.cross_entropy(network(rows), labels).backward()
    return {name: weight.grad.double() for name, weight in network.named_parameters()}


exact = copy.deepcopy(model).double()
with torch.no_grad():
    logits = exact.eval()(images.double())
save_file({"images": images, "logits": logits}, folder / "rows.safetensors")

truth = gradients_of(exact, images.double())
save_file(truth, folder / "gradients.safetensors")
single = gradients_of(copy.deepcopy(model), images)
errors = {name: ((single[name] - truth[name]).norm() / truth[name].norm()).item() for name in truth}
(folder / "errors.json").write_text(json.dumps(errors))
