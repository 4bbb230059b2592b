"""Models of scikit-learn as skl2onnx writes them, for sklearn-exports.test.ts. usage: python sklearn-exports.py FOLDER"""

import sys
from pathlib import Path

import numpy as np
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

folder = Path(sys.argv[1])
generator = np.random.default_rng(5)
rows = generator.normal(size=(60, 4)).astype("float32")
classes = (rows[:, 0] + rows[:, 1] > 0).astype(int) + (rows[:, 2] > 1)

for name, model, options in (
    ("forest", RandomForestClassifier(5), {"zipmap": False}),
    ("forest-zipmap", RandomForestClassifier(5), None),
    ("logistic", LogisticRegression(), {"zipmap": False}),
    ("perceptron", MLPClassifier((8,), max_iter=50), {"zipmap": False}),
):
    model.fit(rows, classes)
    onnx = to_onnx(model, rows[:1], options=options)
    (folder / f"{name}.onnx").write_bytes(onnx.SerializeToString())
