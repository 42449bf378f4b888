"""Nets that make something: autoencoders, and pairs of a generator and its judge."""

from __future__ import annotations

from app.core.graph.model import Project
from tools.templates.sketch import Sketch

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
    sketch.add("spread", "NormalKLLoss", mean, spread)
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
