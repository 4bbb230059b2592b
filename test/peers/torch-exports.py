"""Models as PyTorch users export them, with what PyTorch says of them, for torch-exports.test.ts.

usage: python torch-exports.py FOLDER
writes for every export NAME.onnx, and for every model MODEL.safetensors: `images`, the `answers` to them in evaluation
mode, and by name behind `gradient.` the float64 gradients of the mean cross-entropy, row i being of class i.
"""

import copy
import logging
import sys
import warnings
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models import mobilenet_v2, mobilenet_v3_small, resnet18

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
folder = Path(sys.argv[1])
torch.set_num_threads(2)
rows = 4


class Patches(nn.Module):
    """A vision transformer of two layers: patches, a class token, learned positions."""

    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(1, 16, 7, stride=7)
        self.first = nn.Parameter(torch.randn(1, 1, 16) * 0.1)
        self.positions = nn.Parameter(torch.randn(1, 17, 16) * 0.1)
        layer = nn.TransformerEncoderLayer(16, 4, 32, dropout=0.1, activation="gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(16, 10)

    def forward(self, images):
        tokens = self.patch(images).flatten(2).transpose(1, 2)
        first = self.first.expand(images.shape[0], -1, -1)
        tokens = torch.cat([first, tokens], dim=1) + self.positions
        return self.head(self.encoder(tokens)[:, 0])


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * 49, 32),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(32, 10),
        nn.LogSoftmax(1),
    )


models = {
    "cnn": (cnn, (1, 28, 28)),
    "resnet18": (lambda: resnet18(num_classes=10), (3, 64, 64)),
    "mobilenet_v2": (lambda: mobilenet_v2(num_classes=10), (3, 64, 64)),
    "mobilenet_v3_small": (lambda: mobilenet_v3_small(num_classes=10), (3, 64, 64)),
    "transformer": (Patches, (1, 28, 28)),
}


def settle(model):
    """Weights and running statistics that a trained model could have: no two alike, answers that differ by row."""
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight) * 0.01)
    for part in model.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.1)
            part.running_var.uniform_(0.5, 1.5)


def remember(name, model, images):
    """A ResNet trains with the statistics of the batch; the others have none, or lose them on export."""
    exact = copy.deepcopy(model).double().eval()
    answers = exact(images.double()).detach()
    exact.train(name == "resnet18")
    nn.functional.cross_entropy(exact(images.double()), torch.arange(rows)).backward()
    gradients = {f"gradient.{key}": weight.grad for key, weight in exact.named_parameters()}
    save_file({"images": images, "answers": answers, **gradients}, folder / f"{name}.safetensors")


def legacy(model, images, name, opset=20, **more):
    axes = {"images": {0: "N"}, "answers": {0: "N"}}
    torch.onnx.export(
        model, (images,), folder / f"{name}.onnx", dynamo=False, opset_version=opset,
        input_names=["images"], output_names=["answers"], dynamic_axes=axes, **more,
    )


def current(model, images, name, **more):
    shapes = ({0: torch.export.Dim("N")},)
    torch.onnx.export(
        model, (images,), folder / f"{name}.onnx", dynamo=True, dynamic_shapes=shapes, verbose=False, external_data=False, **more,
    )


for name, (make, shape) in models.items():
    torch.manual_seed(7)
    model = make()
    settle(model)
    images = torch.randn(rows, *shape)
    if name in ("cnn", "resnet18"):
        # Tracing a model in training mode moves its running statistics, so this comes before they are remembered.
        kept = {"training": torch.onnx.TrainingMode.TRAINING, "do_constant_folding": False}
        legacy(model, images, f"{name}.training", **kept)
    remember(name, model, images)
    model.eval()
    current(model, images, f"{name}.dynamo")
    legacy(model, images, f"{name}.legacy")
    if name == "cnn":
        for opset in (9, 10, 11, 12, 13, 15, 17):
            legacy(model, images, f"cnn.opset{opset}", opset)
        torch.onnx.export(model, (images[:1],), folder / "cnn.fixed.onnx", dynamo=False)
        # As the documentation of PyTorch shows it; the weights lie in cnn.default.onnx.data.
        torch.onnx.export(model, (images,), folder / "cnn.default.onnx", dynamic_shapes=({0: torch.export.Dim("N")},))
    if name == "resnet18":
        current(model, images, "resnet18.plain", optimize=False)
