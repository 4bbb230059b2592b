"""Keras on TensorFlow behind the protocol of contender.ts, without XLA. It draws weights of its own.

{"load": "cnn", "file": PATH, "shape": [64, 1, 28, 28], "threads": n, ...}  -> [] after five steps
{"steps": n}  -> {"wall": [n], "cpu": [n], "peakMb": m}
"""
import json
import resource
import sys
import time

import numpy as np
import tensorflow as tf
import keras
from keras import layers


def convolution(value, filters, kernel, stride=1):
    return layers.Conv2D(filters, kernel, strides=stride, padding="same", use_bias=False)(value)


def normalized(value):
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(value)


def basic(value, width, stride):
    branch = layers.ReLU()(normalized(convolution(value, width, 3, stride)))
    branch = normalized(convolution(branch, width, 3))
    if stride != 1 or value.shape[-1] != width:
        value = normalized(convolution(value, width, 1, stride))
    return layers.ReLU()(layers.Add()([branch, value]))


def bottleneck(value, width, stride):
    branch = layers.ReLU()(normalized(convolution(value, width, 1)))
    branch = layers.ReLU()(normalized(convolution(branch, width, 3, stride)))
    branch = normalized(convolution(branch, 4 * width, 1))
    if stride != 1 or value.shape[-1] != 4 * width:
        value = normalized(convolution(value, 4 * width, 1, stride))
    return layers.ReLU()(layers.Add()([branch, value]))


def resnet(block, depths):
    image = keras.Input((32, 32, 3))
    value = layers.ReLU()(normalized(convolution(image, 64, 3)))
    for stage, depth in enumerate(depths):
        for index in range(depth):
            value = block(value, 64 * 2**stage, 2 if stage > 0 and index == 0 else 1)
    return keras.Model(image, layers.Dense(10)(layers.GlobalAveragePooling2D()(value)))


def mlp():
    return keras.Sequential(
        [keras.Input((28, 28, 1)), layers.Flatten()]
        + [layers.Dense(width, activation="relu") for width in (256, 128)]
        + [layers.Dense(10)]
    )


def cnn():
    stages = []
    for width in (16, 32, 64):
        stages += [
            layers.Conv2D(width, 3, padding="same", use_bias=False),
            layers.MaxPooling2D(2),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
        ]
    head = [layers.Flatten(), layers.Dense(64, activation="relu"), layers.Dense(10)]
    return keras.Sequential([keras.Input((28, 28, 1)), *stages, *head])


def mobilenetv2():
    return keras.applications.MobileNetV2((96, 96, 3), weights=None, classes=10, classifier_activation=None)


MODELS = {
    "mlp": mlp,
    "cnn": cnn,
    "resnet18": lambda: resnet(basic, [2, 2, 2, 2]),
    "resnet50": lambda: resnet(bottleneck, [3, 4, 6, 3]),
    "mobilenetv2": mobilenetv2,
}


def load(command):
    tf.config.threading.set_intra_op_parallelism_threads(command["threads"])
    tf.config.threading.set_inter_op_parallelism_threads(1)
    model = MODELS[command["load"]]()
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    shape = command["shape"]
    data = np.fromfile(command["file"], dtype=np.float32)
    rows = shape[0]
    size = int(np.prod(shape))
    inputs = tf.constant(data[-size - rows : -rows].reshape(shape).transpose(0, 2, 3, 1))
    labels = tf.constant(data[-rows:].astype(np.int64))
    return lambda: model.train_on_batch(inputs, labels)


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
        for _ in range(5):
            step()
        answer = []
    else:
        answer = timed(step, command["steps"])
    print(json.dumps(answer), flush=True)
