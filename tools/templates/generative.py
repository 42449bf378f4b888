"""Nets that make something: autoencoders, and pairs of a generator and its judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from app.core.graph.model import Block, Project
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
        metrics=("mae",),
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
        "a digit (Kingma and Welling 2013). Look inside: Copies, Walk through the code with two sliders, and Space, "
        "where the code of every digit lies; netloom generate draws new digits.",
        epochs=150,
        metrics=(),
        lr=0.002,
        batch_size=64,
    )


def face_arithmetic() -> Project:
    """An autoencoder of faces, whose code is added and subtracted."""
    sketch = Sketch()
    faces = sketch.add("faces", "FacePatches", patches="faces")
    x = sketch.add("turned", "RandomFlip", f"{faces}.image")
    size: dict[str, Any] = {"kernel_size": 3, "stride": 2, "padding": 1}
    y = sketch.add("relu1", "ReLU", sketch.add("conv1", "Conv2d", x, out_channels=8, **size))
    y = sketch.add("relu2", "ReLU", sketch.add("conv2", "Conv2d", y, out_channels=8, **size))
    flat = sketch.add("flatten", "Flatten", y)
    mean = sketch.add("mean", "Linear", flat, out_features=16)
    spread = sketch.add("log_variance", "Linear", flat, out_features=16)
    code = sketch.add("code", "Reparameterize", mean, spread)
    y = sketch.add("relu3", "ReLU", sketch.add("decode", "Linear", code, out_features=8 * 49))
    maps = sketch.add("maps", "Reshape", y, shape=(8, 7, 7))
    y = sketch.add("relu4", "ReLU", sketch.add("upconv1", "ConvTranspose2d", maps, out_channels=8, **size))
    y = sketch.add("sigmoid", "Sigmoid", sketch.add("upconv2", "ConvTranspose2d", y, out_channels=1, **size))
    sketch.add("copy", "MSELoss", y, x, weight=2500.0)  # as a sum over 625 dots, four times next to the other loss
    sketch.add("spread", "GaussianKLLoss", mean, spread)
    sketch.in_rows(5)
    return sketch.project(
        "Arithmetic of faces",
        "Squeezes each of 80 faces into 16 numbers, spread like a normal distribution, and draws it again. Look "
        "inside, Arithmetic of codes, subtracts one face from another and adds a third, which it has not seen (Radford "
        "et al. 2015). From so few faces of 25 × 25 dots it learns where light falls and how a head is turned: these "
        "move from one face to the other, blurred, but no smile and no pair of glasses. Where the answer is known "
        "(light from one side, given to another face) 9 of 10 results are lit from the right one of four sides.",
        epochs=300,
        metrics=("mae",),
        lr=0.003,
        batch_size=20,
    )


def _judged(
    sketch: Sketch,
    real: End,
    made: End,
    pair: tuple[str, str] = ("judge", "generator"),
    end: str = "",
    *beside: End,
    target: float = 0.9,
) -> None:
    """The three losses of a pair: the judge on real and on made samples, the generator on what the judge says. A little
    less than yes for real ones keeps the judge from being too sure (Salimans et al. 2016). The names of all nodes but
    the constants have this ``end``; the judge sees what is ``beside`` real and made ones alike."""
    judge, generator = pair
    first = judge if end else "judge"
    sketch.add(first, judge, real, *beside)
    sketch.add(f"judge_again{end}", judge, made, *beside)
    sketch.nodes[f"judge_again{end}"] = replace(sketch.nodes[f"judge_again{end}"], shares=first)
    for name, value in {"yes": target, "no": 0.0, "fooled": 1.0}.items():
        if name not in sketch.nodes:
            sketch.add(name, "Constant", value=value)
    rate: dict[str, Any] = {"optimizer": "Adam", "optimizer_settings": ("beta1=0.5",)}
    sketch.add(f"judge_real{end}", "BCEWithLogitsLoss", first, "yes", updates=(first,), **rate)
    sketch.add(f"judge_made{end}", "BCEWithLogitsLoss", f"judge_again{end}", "no", updates=(first,), **rate)
    sketch.add(f"fool{end}", "BCEWithLogitsLoss", f"judge_again{end}", "fooled", updates=(generator,), **rate)


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
        metrics=(),
        batch_size=64,
        validation=0.0,
    )


def dcgan_digits() -> Project:
    """The nets of Radford et al. 2015, an eighth as wide, for digits of 28 × 28: three steps up and three down."""
    sketch = Sketch()
    made = Sketch()
    x = made.add("noise", "In")
    x = made.add("fc1", "Linear", x, out_features=128 * 16, bias=False)
    x = made.add("maps", "Reshape", x, shape=(128, 4, 4))
    x = made.add("relu1", "ReLU", made.add("norm1", "BatchNorm2d", x))
    size: dict[str, Any] = {"kernel_size": 4, "stride": 2, "padding": 1}
    to_odd: dict[str, Any] = size | {"kernel_size": 3}  # between 4 × 4 and 7 × 7
    x = made.add("upconv1", "ConvTranspose2d", x, out_channels=64, bias=False, **to_odd)
    x = made.add("relu2", "ReLU", made.add("norm2", "BatchNorm2d", x))
    x = made.add("upconv2", "ConvTranspose2d", x, out_channels=32, bias=False, **size)
    x = made.add("relu3", "ReLU", made.add("norm3", "BatchNorm2d", x))
    x = made.add("upconv3", "ConvTranspose2d", x, out_channels=1, **size)
    made.add("image", "Out", made.add("sigmoid", "Sigmoid", x))
    told = Sketch()
    x = told.add("shaken", "GaussianNoise", told.add("image", "In"), std=0.15)  # 5,000 digits are soon known by heart
    x = told.add("relu1", "LeakyReLU", told.add("conv1", "Conv2d", x, out_channels=32, **size), negative_slope=0.2)
    x = told.add("conv2", "Conv2d", x, out_channels=64, bias=False, **size)
    x = told.add("relu2", "LeakyReLU", told.add("norm2", "BatchNorm2d", x), negative_slope=0.2)
    x = told.add("conv3", "Conv2d", x, out_channels=128, bias=False, **to_odd)
    x = told.add("relu3", "LeakyReLU", told.add("norm3", "BatchNorm2d", x), negative_slope=0.2)
    x = told.add("drop", "Dropout", told.add("flatten", "Flatten", x), p=0.3)
    told.add("score", "Out", told.add("fc", "Linear", x, out_features=1))
    sketch.blocks = {
        "generator": made.block("Makes digits of noise"),
        "judge": told.block("Tells real digits from made"),
    }
    digits = sketch.add("digits", "MNIST5k")
    sketch.add("noise", "Noise", shape=(16,))
    sketch.add("generator", "generator", "noise")
    _judged(sketch, f"{digits}.image", "generator")
    sketch.nodes["judge_real"] = sketch.nodes["judge_real"].with_param("lr", 0.0005)
    _place_pair(sketch)
    return sketch.project(
        "DCGAN on digits",
        "A generator of transposed convolutions and a judge of convolutions learn against each other, until made "
        "digits look like MNIST's (Radford et al. 2015, narrower). A LeNet is sure of three in four (of real ones that "
        "it has not seen of nineteen in twenty). Look inside, New samples, shows them; the same noise over the kept "
        "epochs is a film.",
        optimizer="Adam",
        lr=0.001,
        epochs=50,
        metrics=(),
        batch_size=64,
        schedule="cosine",
        average=0.99,
        validation=0.0,
    )


def lapgan_digits() -> Project:
    """Two pairs (Denton et al. 2015): one for digits of 4 × 4 dots, one for what is missing to 8 × 8."""
    sketch = Sketch()
    sketch.blocks = {
        "coarse": _dense("coarse", ("noise",), (64, 64), 16, (1, 4, 4), "Makes coarse digits of noise"),
        "fine": _dense(
            "fine", ("noise", "coarse"), (128, 128), 64, (1, 8, 8), "Makes the details that a coarse digit lacks"
        ),
        "judge_coarse": _dense("judge_coarse", ("image",), (64, 64), 1, None, "Tells real coarse digits from made"),
        "judge_fine": _dense("judge_fine", ("image", "coarse"), (128, 128), 1, None, "Tells real details from made"),
    }
    digits = f"{sketch.add('digits', 'Digits')}.image"
    sketch.add("noise", "Noise", shape=(8,))
    sketch.add("noise_fine", "Noise", shape=(16,))
    small = sketch.add("small", "AvgPool2d", digits, kernel_size=2)
    up: dict[str, Any] = {"scale_factor": 2, "mode": "bilinear"}
    sketch.add("coarse", "coarse", "noise")
    _judged(sketch, small, "coarse", ("judge_coarse", "coarse"))
    # The second pair learns with real coarse digits, so that both stages train at once and alone.
    sketch.add("fine", "fine", "noise_fine", small)
    sketch.add("with_details", "Add", sketch.add("blurred", "Upsample", small, **up), "fine")
    _judged(sketch, digits, "with_details", ("judge_fine", "fine"), "_fine", small)
    # What new digits are made by: both stages, one after the other.
    sketch.add("enlarged", "Upsample", "coarse", **up)
    sketch.add("details", "fine", "noise_fine", "coarse")
    sketch.nodes["details"] = replace(sketch.nodes["details"], shares="fine")
    sketch.add("made", "Output", sketch.add("new", "Add", "enlarged", "details"))
    places = {
        "digits": (0, 2.4), "noise": (0, 1), "noise_fine": (0, 4.2), "small": (1, 2.2), "coarse": (1, 1),
        "judge": (2.2, 0), "judge_again": (2.2, 1), "yes": (2.2, -0.8), "no": (3.4, -0.8), "fooled": (4.6, -0.8),
        "judge_real": (3.4, 0), "judge_made": (3.4, 1), "fool": (4.6, 1),
        "fine": (2.2, 3.6), "blurred": (2.2, 2.3), "with_details": (3.4, 3.4), "judge_fine": (4.6, 2.2),
        "judge_again_fine": (4.6, 3.4), "judge_real_fine": (5.8, 1.8), "judge_made_fine": (5.8, 2.8),
        "fool_fine": (5.8, 3.8), "details": (2.2, 4.8), "enlarged": (3.4, 4.5), "new": (4.6, 4.8), "made": (5.8, 4.8),
    }  # fmt: skip
    for name, node in sketch.nodes.items():
        column, row = places[name]
        sketch.nodes[name] = replace(node, position=(COLUMN * column, 170 * row))
    return sketch.project(
        "Coarse to fine",
        "Two pairs of generator and judge: one makes digits of 4 × 4 dots, the other adds what is missing to 8 × 8 "
        "(Denton et al. 2015, LAPGAN, two stages). Most can be read, some are something between two digits. "
        "Look inside, Coarse to fine, shows the stages of new digits.",
        optimizer="Adam",
        lr=0.0005,
        epochs=120,
        metrics=(),
        batch_size=32,
        validation=0.0,
    )


def _dense(
    name: str, enters: Sequence[str], widths: Sequence[int], out: int, shape: tuple[int, ...] | None, about: str
) -> Block:
    """Fully connected layers over what enters, side by side; a picture of ``shape``, or one score."""
    inner = Sketch()
    flat = [
        inner.add(port, "In") if port == "noise" else inner.add(f"flat_{port}", "Flatten", inner.add(port, "In"))
        for port in enters
    ]
    x = inner.add("both", "Concat", *flat) if len(flat) > 1 else flat[0]
    for number, width in enumerate(widths, start=1):
        x = inner.add(f"fc{number}", "Linear", x, out_features=width)
        x = inner.add(f"relu{number}", "LeakyReLU" if shape is None else "ReLU", x)
    x = inner.add(f"fc{len(widths) + 1}", "Linear", x, out_features=out)
    if shape is None:
        inner.add("score", "Out", x)
    else:
        x = inner.add("maps", "Reshape", inner.add("sigmoid", "Sigmoid", x) if name == "coarse" else x, shape=shape)
        inner.add("image", "Out", x)
    return inner.block(about)


def _place_pair(sketch: Sketch) -> None:
    """Real samples above, made ones below, the losses at the right."""
    places = {
        "noise": (0, 1.4), "generator": (1, 1.4), "judge": (2.2, 0), "judge_again": (2.2, 1.4), "yes": (2.2, -0.8),
        "no": (2.2, 2.2), "fooled": (2.2, 3.0), "judge_real": (3.4, 0), "judge_made": (3.4, 1.1), "fool": (3.4, 2.4),
    }  # fmt: skip
    for name, node in sketch.nodes.items():
        column, row = places.get(name, (0, 0))
        sketch.nodes[name] = replace(node, position=(COLUMN * column, 170 * row))
