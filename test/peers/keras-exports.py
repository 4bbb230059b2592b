"""Models as Keras users export them, with what Keras says of them, for keras-exports.test.ts.

usage: python keras-exports.py FOLDER
writes NAME.onnx and NAME.json: `images` as rows of channels, height, width, and the `answers` of the model.
"""

import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
from keras import layers

folder = Path(sys.argv[1])
keras.utils.set_random_seed(11)


def cnn():
    return keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(8, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 3, activation="relu"),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(32, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def residual():
    images = keras.Input((16, 16, 3))
    x = layers.Conv2D(8, 3, padding="same", strides=2, use_bias=False)(images)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU(max_value=6)(x)
    y = layers.DepthwiseConv2D(3, padding="same")(x)
    y = layers.BatchNormalization()(y)
    x = layers.Add()([x, layers.ReLU()(y)])
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(images, layers.Dense(10)(x))


def gelu():
    return keras.Sequential([keras.Input((12,)), layers.Dense(8, activation="gelu"), layers.Dense(2)])


def binary():
    return keras.Sequential(
        [keras.Input((12,)), layers.Dense(8, activation="tanh"), layers.Dense(1, activation="sigmoid")]
    )


for make in (cnn, residual, gelu, binary):
    model = make()
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            width = layer.gamma.shape[0]
            layer.set_weights([np.random.uniform(0.8, 1.2, width), np.random.normal(0, 0.1, width),
                               np.random.normal(0, 0.1, width), np.random.uniform(0.5, 1.5, width)])
    images = np.random.uniform(0, 255, (4, *model.input_shape[1:])).astype("float32")
    if make is not cnn:
        images = images / 255
    answers = model(images, training=False).numpy()
    model.export(folder / f"{make.__name__}.onnx", format="onnx", verbose=False)
    rows = np.moveaxis(images, -1, 1) if images.ndim == 4 else images
    told = {"images": rows.reshape(-1).tolist(), "answers": answers.reshape(-1).tolist()}
    (folder / f"{make.__name__}.json").write_text(json.dumps(told))
