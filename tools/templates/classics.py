"""The first drawings of a course: perceptron, logistic regression, and nets for the handwritten digits."""

from __future__ import annotations

from app.core.graph.model import Project
from tools.templates.sketch import Sketch


def perceptron() -> Project:
    """Rosenblatt's perceptron with the decision that textbooks begin with."""
    sketch = Sketch()
    reasons = sketch.add(
        "reasons",
        "Input",
        shape=(3,),
        given="1 0 0; 0 1 1; 1 1 1; 0 0 0",
        note="Is the weather good? Does a friend come along? Cheap?",
    )
    weigh = sketch.add(
        "weigh",
        "Linear",
        reasons,
        out_features=1,
        init="given",
        given="weight 1×3: 6 2 2; bias 1: 0",
        note="The weather counts most. Change the weights in the inspector: who goes now?",
    )
    decide = sketch.add("decide", "HardThreshold", weigh, threshold=5.0, note="With 3, two small reasons are enough.")
    sketch.add("go", "Output", decide)
    sketch.in_rows(4)
    return sketch.project(
        "Perceptron",
        "Shall I go to the concert? Weighs three reasons and says yes (1) or no (0) (Rosenblatt 1958). Weights and "
        "threshold are set by hand, so nothing has to be trained: Look inside, Truth table shows all answers.",
    )


def logistic_regression() -> Project:
    """One fully connected layer; the softmax is in the loss."""
    sketch = Sketch()
    digits = sketch.add("digits", "Digits")
    fc = sketch.add("fc", "Linear", sketch.add("flatten", "Flatten", digits), out_features=10)
    sketch.add("loss", "CrossEntropyLoss", fc, "digits.label")
    sketch.in_rows(4)
    return sketch.project(
        "Logistic regression on digits",
        "One score for each digit, a weighted sum of all dots; the softmax is in the loss (Cox 1958).",
        epochs=30,
    )


def mlp_digits() -> Project:
    """One hidden layer."""
    sketch = Sketch()
    x = sketch.add("flatten", "Flatten", sketch.add("digits", "Digits"))
    x = sketch.add("fc1", "Linear", x, out_features=64)
    x = sketch.add("dropout1", "Dropout", sketch.add("relu1", "ReLU", x), p=0.2)
    x = sketch.add("fc2", "Linear", x, out_features=10)
    sketch.add("loss", "CrossEntropyLoss", x, "digits.label")
    sketch.in_rows(4)
    return sketch.project(
        "MLP on digits",
        "Two fully connected layers with dropout between them: the plain network every other one is compared with "
        "(Rumelhart et al. 1986).",
        epochs=30,
    )


def moons() -> Project:
    """The smallest net that draws a curved border between two classes."""
    sketch = Sketch()
    points = sketch.add("points", "TeachingPoints", note="Try circles, XOR or a spiral, too.")
    x = sketch.add("fc1", "Linear", points, out_features=8, note="Without this layer the border is a straight line.")
    x = sketch.add("fc2", "Linear", sketch.add("tanh1", "Tanh", x), out_features=2)
    sketch.add("loss", "CrossEntropyLoss", x, "points.label")
    sketch.in_rows(5)
    return sketch.project(
        "Two moons",
        "Points of two classes that no straight line parts: what a hidden layer is for (Minsky and Papert 1969).",
        epochs=60,
        lr=0.02,
    )


def lenet_digits() -> Project:
    """LeNet-5 with the activations and poolings that are usual today."""
    sketch = Sketch()
    x = sketch.add("digits", "Digits", size="32×32")
    for number, filters in ((1, 6), (2, 16)):
        x = sketch.add(f"conv{number}", "Conv2d", x, out_channels=filters, kernel_size=5)
        x = sketch.add(f"relu{number}", "ReLU", x)
        x = sketch.add(f"pool{number}", "MaxPool2d", x)
    x = sketch.add("flatten", "Flatten", x)
    for number, units in ((1, 120), (2, 84)):
        x = sketch.add(f"fc{number}", "Linear", x, out_features=units)
        x = sketch.add(f"relu{number + 2}", "ReLU", x)
    x = sketch.add("fc3", "Linear", x, out_features=10)
    sketch.add("loss", "CrossEntropyLoss", x, "digits.label")
    sketch.in_rows(5, apart=200)
    return sketch.project(
        "LeNet-5 on digits",
        "The classic convolutional network for handwritten digits (LeCun et al. 1998), with ReLU and max pooling.",
        epochs=30,
    )


def autoencoder_digits() -> Project:
    """An image-to-image net: the loss compares the output with the input."""
    sketch = Sketch()
    flat = sketch.add("flatten", "Flatten", sketch.add("digits", "Digits"))
    x = sketch.add("relu1", "ReLU", sketch.add("encode", "Linear", flat, out_features=16))
    x = sketch.add("sigmoid1", "Sigmoid", sketch.add("decode", "Linear", x, out_features=64))
    sketch.add("loss", "MSELoss", x, flat)
    sketch.in_rows(4)
    return sketch.project(
        "Autoencoder on digits",
        "Squeezes each digit into 16 numbers and draws it again from those (Hinton and Salakhutdinov 2006). Look "
        "inside: Copies, Walk through the code with two sliders, and Space, where the code of every digit lies.",
        epochs=40,
        metrics=("mae",),
    )
