"""Nets that make something: autoencoders, and pairs of a generator and its judge."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.core.graph.model import Project
from tools.templates.sketch import COLUMN, End, Sketch

CODE = 2  # numbers that a digit is squeezed into, so that all codes can be seen in a plane


def denoising_autoencoder() -> Project:
    """Noise goes in with the digit; the loss asks for the digit without it."""
    sketch = Sketch()
    flat = sketch.add("flatten", "Flatten", sketch.add("digits", "Digits"))
    x = sketch.add("noise", "GaussianNoise", flat, std=0.3)
    x = sketch.add("relu1", "ReLU", sketch.add("encode1", "Linear", x, out_features=128))
    x = sketch.add("relu2", "ReLU", sketch.add("encode2", "Linear", x, out_features=32))
    x = sketch.add("relu3", "ReLU", sketch.add("decode1", "Linear", x, out_features=128))
    x = sketch.add("sigmoid1", "Sigmoid", sketch.add("decode2", "Linear", x, out_features=64))
    sketch.add("loss", "MSELoss", x, flat)
    sketch.in_rows(5)
    return sketch.project(
        "Denoising autoencoder",
        "Gets a digit with noise and gives the digit without it, so that it has to learn how digits look (Vincent et "
        "al. 2008). Look inside, Copies, shows original, disturbed picture and answer.",
        epochs=60,
    )


def variational_autoencoder() -> Project:
    """Two numbers for each digit, drawn from a normal distribution; both losses count in nats for a picture."""
    sketch = Sketch()
    flat = sketch.add("flatten", "Flatten", sketch.add("digits", "Digits"))
    x = sketch.add("relu1", "ReLU", sketch.add("encode1", "Linear", flat, out_features=128))
    x = sketch.add("relu2", "ReLU", sketch.add("encode2", "Linear", x, out_features=64))
    mean = sketch.add("mean", "Linear", x, out_features=CODE)
    spread = sketch.add("log_variance", "Linear", x, out_features=CODE)
    code = sketch.add("code", "Reparameterize", mean, spread)
    x = sketch.add("relu3", "ReLU", sketch.add("decode1", "Linear", code, out_features=64))
    x = sketch.add("relu4", "ReLU", sketch.add("decode2", "Linear", x, out_features=128))
    x = sketch.add("sigmoid1", "Sigmoid", sketch.add("decode3", "Linear", x, out_features=64))
    sketch.add("copy", "BCELoss", x, flat, weight=64.0)  # a sum over the 64 dots, of which the loss takes the mean
    sketch.add("spread", "GaussianKLLoss", mean, spread)
    sketch.in_rows(5)
    return sketch.project(
        "Variational autoencoder",
        "Squeezes each digit into two numbers that are spread like a normal distribution, so that any two numbers give "
        "a digit (Kingma and Welling 2013). Look inside: Copies, Walk through the code, and Embedding at the layer "
        "code; netloom generate draws new digits.",
        epochs=150,
        lr=0.002,
        batch_size=64,
    )


def face_arithmetic() -> Project:
    """An autoencoder of faces, whose code is added and subtracted."""
    sketch = Sketch()
    faces = sketch.add("faces", "FacePatches", patches="faces")
    x = sketch.add("turned", "RandomFlip", f"{faces}.image")
    flat = sketch.add("flatten", "Flatten", x)
    x = sketch.add("noise", "GaussianNoise", flat, std=0.05)
    x = sketch.add("relu1", "ReLU", sketch.add("encode1", "Linear", x, out_features=256))
    code = sketch.add("code", "Linear", x, out_features=32)
    x = sketch.add("relu2", "ReLU", sketch.add("decode1", "Linear", code, out_features=256))
    x = sketch.add("sigmoid", "Sigmoid", sketch.add("decode2", "Linear", x, out_features=625))
    sketch.add("loss", "MSELoss", x, flat)
    sketch.in_rows(5)
    return sketch.project(
        "Arithmetic of faces",
        "Squeezes each of 80 faces into 32 numbers and draws it again. Look inside, Arithmetic of codes, subtracts one "
        "face from another and adds a third, which it has not seen (Radford et al. 2015). With so few faces of 25 × 25 "
        "dots the light and the way a head is turned move from one to the other, but no smile or pair of glasses.",
        epochs=400,
        lr=0.001,
        batch_size=20,
        metrics=("psnr",),
    )


def _judged(sketch: Sketch, real: End, made: End, target: float = 0.9) -> None:
    """The three losses of a pair: the judge on real and on made samples, the generator on what the judge says. A little
    less than yes for real ones keeps the judge from being too sure (Salimans et al. 2016)."""
    sketch.add("judge", "judge", real)
    sketch.add("judge_again", "judge", made)
    sketch.nodes["judge_again"] = replace(sketch.nodes["judge_again"], shares="judge")
    yes = sketch.add("yes", "Constant", value=target)
    no = sketch.add("no", "Constant", value=0.0)
    one = sketch.add("fooled", "Constant", value=1.0)
    rate: dict[str, Any] = {"optimizer": "Adam", "optimizer_settings": ("beta1=0.5",)}
    sketch.add("judge_real", "BCEWithLogitsLoss", "judge", yes, updates=("judge",), **rate)
    sketch.add("judge_made", "BCEWithLogitsLoss", "judge_again", no, updates=("judge",), **rate)
    sketch.add("fool", "BCEWithLogitsLoss", "judge_again", one, updates=("generator",), **rate)


def gan_points() -> Project:
    """A pair in the plane, where everything can be seen."""
    sketch = Sketch()
    made = Sketch()
    x = made.add("noise", "In")
    for number in (1, 2):
        x = made.add(f"relu{number}", "ReLU", made.add(f"fc{number}", "Linear", x, out_features=64))
    made.add("point", "Out", made.add("fc3", "Linear", x, out_features=2))
    told = Sketch()
    x = told.add("point", "In")
    for number in (1, 2):
        x = told.add(f"relu{number}", "LeakyReLU", told.add(f"fc{number}", "Linear", x, out_features=64))
    told.add("score", "Out", told.add("fc3", "Linear", x, out_features=1))
    sketch.blocks = {
        "generator": made.block("Makes points of noise"),
        "judge": told.block("Tells real points from made"),
    }
    points = sketch.add("points", "TeachingPoints", shape="moons", noise=0.05, samples=2000)
    sketch.add("noise", "Noise", shape=(4,))
    sketch.add("generator", "generator", "noise")
    _judged(sketch, f"{points}.point", "generator")
    _place_pair(sketch)
    return sketch.project(
        "Generator and judge in the plane",
        "A generator moves noise to where the points of two moons lie, and a judge tells its points from real ones "
        "(Goodfellow et al. 2014). Look inside, Generator and judge: both kinds of points, the judge's surface, and "
        "where it sends the made points.",
        optimizer="Adam",
        lr=0.001,
        epochs=150,
        batch_size=64,
        validation=0.0,
    )


def dcgan_digits() -> Project:
    """The nets of Radford et al. 2015, a quarter as wide, for digits of 28 × 28."""
    sketch = Sketch()
    made = Sketch()
    x = made.add("noise", "In")
    x = made.add("fc1", "Linear", x, out_features=64 * 49, bias=False)
    x = made.add("maps", "Reshape", x, shape=(64, 7, 7))
    x = made.add("relu1", "ReLU", made.add("norm1", "BatchNorm2d", x))
    size: dict[str, Any] = {"kernel_size": 4, "stride": 2, "padding": 1}
    x = made.add("upconv1", "ConvTranspose2d", x, out_channels=32, bias=False, **size)
    x = made.add("relu2", "ReLU", made.add("norm2", "BatchNorm2d", x))
    x = made.add("upconv2", "ConvTranspose2d", x, out_channels=1, **size)
    made.add("image", "Out", made.add("sigmoid", "Sigmoid", x))
    told = Sketch()
    x = told.add("image", "In")
    x = told.add("relu1", "LeakyReLU", told.add("conv1", "Conv2d", x, out_channels=32, **size), negative_slope=0.2)
    x = told.add("conv2", "Conv2d", x, out_channels=64, bias=False, **size)
    x = told.add("relu2", "LeakyReLU", told.add("norm2", "BatchNorm2d", x), negative_slope=0.2)
    x = told.add("drop", "Dropout", told.add("flatten", "Flatten", x), p=0.3)
    told.add("score", "Out", told.add("fc", "Linear", x, out_features=1))
    sketch.blocks = {
        "generator": made.block("Makes digits of noise"),
        "judge": told.block("Tells real digits from made"),
    }
    digits = sketch.add("digits", "MNIST5k")
    sketch.add("noise", "Noise", shape=(64,))
    sketch.add("generator", "generator", "noise")
    _judged(sketch, f"{digits}.image", "generator")
    _place_pair(sketch)
    return sketch.project(
        "DCGAN on digits",
        "A generator of transposed convolutions and a judge of convolutions learn against each other, until made "
        "digits look like MNIST's (Radford et al. 2015, narrower). Look inside, New samples, shows them; the same "
        "noise over the kept epochs is a film.",
        optimizer="Adam",
        lr=0.0005,
        epochs=40,
        batch_size=64,
        validation=0.0,
    )


def _place_pair(sketch: Sketch) -> None:
    """Real samples above, made ones below, the losses at the right."""
    places = {
        "noise": (0, 1.4), "generator": (1, 1.4), "judge": (2.2, 0), "judge_again": (2.2, 1.4), "yes": (2.2, -0.8),
        "no": (2.2, 2.2), "fooled": (2.2, 3.0), "judge_real": (3.4, 0), "judge_made": (3.4, 1.1), "fool": (3.4, 2.4),
    }  # fmt: skip
    for name, node in sketch.nodes.items():
        column, row = places.get(name, (0, 0))
        sketch.nodes[name] = replace(node, position=(COLUMN * column, 170 * row))
