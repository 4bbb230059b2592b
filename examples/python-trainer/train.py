"""Trains a small network with scikit-learn and leaves it as ONNX. Run by Trainyard, or by hand: python train.py"""

import csv
import json
import os
from pathlib import Path

import numpy as np
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.metrics import accuracy_score, log_loss
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

data = Path(os.environ.get("TRAINYARD_DATA", "data"))
out = Path(os.environ.get("TRAINYARD_OUT", "."))
config_file = os.environ.get("TRAINYARD_CONFIG_FILE")
settings = json.loads(Path(config_file).read_text()) if config_file else {}
training = settings.get("training", {})
epochs = training.get("epochs", 60)

with open(data / "iris.csv", newline="") as file:
    header, *rows = csv.reader(file)
x = np.array([row[:-1] for row in rows], dtype=np.float32)
# Index k of the model's output is the k-th class by name.
classes = sorted({row[-1] for row in rows})
y = np.array([classes.index(row[-1]) for row in rows])

# Trainyard tells which rows train, so that none of those it will judge by is seen. By hand: every fifth row is kept.
if split_file := os.environ.get("TRAINYARD_SPLIT"):
    split = json.loads(Path(split_file).read_text())
    train, validation = np.array(split["train"]), np.array(split["validation"])
else:
    everything = np.arange(len(y))
    train, validation = everything[everything % 5 != 0], everything[everything % 5 == 0]

scaler = StandardScaler().fit(x[train])
network = MLPClassifier(
    hidden_layer_sizes=settings.get("model", {}).get("params", {}).get("hidden", [16]),
    learning_rate_init=settings.get("optimizer", {}).get("lr", 0.01),
    batch_size=min(settings.get("data", {}).get("batch_size", 16), len(train)),
    random_state=training.get("seed", 7),
)

with open(out / "metrics.jsonl", "a", buffering=1) as metrics:
    for epoch in range(1, epochs + 1):
        network.partial_fit(scaler.transform(x[train]), y[train], classes=range(len(classes)))
        guess = network.predict_proba(scaler.transform(x[validation]))
        point = {
            "step": epoch,
            "epoch": epoch,
            "loss": float(network.loss_),
            "val_loss": float(log_loss(y[validation], guess, labels=range(len(classes)))),
            "val_accuracy": float(accuracy_score(y[validation], guess.argmax(axis=1))),
        }
        metrics.write(json.dumps(point) + "\n")
        print(f"epoch {epoch}/{epochs}  loss {point['loss']:.4f}  val_accuracy {point['val_accuracy']:.4f}")

# The scaler goes into the model, so that it takes the columns as they stand in the table.
model = to_onnx(
    make_pipeline(scaler, network),
    initial_types=[("input", FloatTensorType([None, x.shape[1]]))],
    options={"zipmap": False},
    target_opset=17,
)
# The probabilities say all; the label beside them would only be their largest.
del model.graph.output[0]
(out / "model.onnx").write_bytes(model.SerializeToString())
