"""Experiments that lectures make with several nets side by side."""

from __future__ import annotations

from dataclasses import replace

from app.core.graph.frames import Frame
from app.core.graph.model import Project
from tools.templates.sketch import COLUMN, Sketch

HIDDEN, DEEPEST = 64, 5  # as many as the pictures have dots, so that a layer can be repeated
ROW = 150
NETS, UNITS = 7, 4  # of the ensemble, and their hidden units


def vanishing_gradient() -> Project:
    """Ten nets on the same digits: one to five hidden layers, with sigmoid and with ReLU."""
    sketch = Sketch()
    for kind in ("Sigmoid", "ReLU"):
        inner = Sketch()
        x = inner.add("fc", "Linear", inner.add("x", "In"), out_features=HIDDEN)
        inner.add("y", "Out", inner.add(kind.lower(), kind, x))
        sketch.blocks = {**sketch.blocks, kind.lower(): inner.block(f"A fully connected layer and {kind}")}
    digits = sketch.add("digits", "Digits")
    flatten = sketch.add("flatten", "Flatten", digits)
    places = {digits: (0.0, 2.0 * ROW), flatten: (COLUMN * 1.0, 2.0 * ROW)}
    for side, kind in enumerate(("sigmoid", "relu")):
        for depth in range(1, DEEPEST + 1):
            hidden = sketch.add(f"{kind}s_{depth}", kind, flatten, repeat=depth)
            fc = sketch.add(f"fc_{kind}_{depth}", "Linear", hidden, out_features=10)
            loss = sketch.add(f"{kind[:4]}_{depth}", "CrossEntropyLoss", fc, "digits.label")
            for column, name in enumerate((hidden, fc, loss)):
                places[name] = (COLUMN * (2.2 + column + 3.3 * side), ROW * (depth - 1.0))
    sketch.nodes = {name: replace(node, position=places[name]) for name, node in sketch.nodes.items()}
    project = sketch.project(
        "Vanishing gradient",
        "Ten networks on the same digits: one to five hidden layers, with sigmoid and with ReLU. The gradient that "
        "reaches the first layer shrinks with every sigmoid (Hochreiter 1991; Nielsen 2015). Open Look inside, "
        "Gradient from layer to layer, and compare; then train, and watch whose loss falls.",
        optimizer="SGD",
        lr=0.05,
        epochs=30,
    )
    note = Frame(
        "note1",
        "**Where does the gradient get lost?**\n\nLook inside (Ctrl+9) → *Gradient from layer to layer*: one bar for "
        "each network. Set *starts* to 20 for the mean over fresh random weights. Then train (F5) and see under "
        "Training which losses fall.",
        True,
        "yellow",
        (-40.0, 3.3 * ROW),
        (COLUMN * 1.6, 190.0),
    )
    return replace(project, graph=replace(project.graph, frames={note.name: note}))


def search() -> Project:
    """A small convolutional net that begins badly, with what varies marked in the drawing."""
    sketch = Sketch()
    digits = sketch.add("digits", "Digits")
    x = sketch.add("conv1", "Conv2d", digits, out_channels=2, kernel_size=3, padding=3)
    x = sketch.add("pool1", "MaxPool2d", sketch.add("act1", "Sigmoid", x))
    x = sketch.add("fc", "Linear", sketch.add("flatten", "Flatten", x), out_features=10)
    sketch.add("loss", "CrossEntropyLoss", x, "digits.label")
    sketch.in_rows(4)
    project = sketch.project(
        "Search for an architecture",
        "A small convolutional net that begins badly (two filters, sigmoid), and four settings of it that "
        "are marked to vary: filters, kernel, activation, learning rate. Open the panel Sweep (Shift+F3), choose "
        "by evolution (Real et al. 2019), press Start: the better ones have children, each with "
        "one setting changed. Path shows the best five and who descends from whom. Some by chance does about as well "
        "here: so few settings are soon found.",
        epochs=6,
        lr=0.005,
    )
    varied = (
        "conv1.out_channels=2,4,8,16,32",
        "conv1.kernel_size=1,2,3,4,5,6,7",
        "act1.type=Sigmoid,Tanh,ReLU,GELU",
        "lr=0.0003~0.1",
    )
    return replace(project, varied=varied)


def ensemble() -> Project:
    """Seven nets, each too small for the digits, and the mean of their answers."""
    sketch, inner = Sketch(), Sketch()
    x = inner.add("fc1", "Linear", inner.add("x", "In"), out_features=UNITS)
    scores = inner.add("fc2", "Linear", inner.add("tanh", "Tanh", x), out_features=10)
    inner.add("scores", "Out", scores)
    inner.add("chances", "Out", inner.add("softmax", "Softmax", scores))
    sketch.blocks = {"small": inner.block(f"A net with {UNITS} hidden units")}
    digits = sketch.add("digits", "Digits")
    flatten = sketch.add("flatten", "Flatten", digits)
    middle = ROW * (NETS - 1) / 2
    places = {digits: (0.0, middle), flatten: (COLUMN * 1.0, middle)}
    for number in range(1, NETS + 1):
        net = sketch.add(f"net{number}", "small", flatten)
        loss = sketch.add(f"loss{number}", "CrossEntropyLoss", f"{net}.scores", "digits.label")
        places[net], places[loss] = (COLUMN * 2.2, ROW * (number - 1)), (COLUMN * 3.5, ROW * (number - 1) - 40)
    mean = sketch.add("mean", "Mean", *(f"net{number}.chances" for number in range(1, NETS + 1)))
    together = sketch.add("together", "NLLLoss", sketch.add("log", "Log", mean), "digits.label", weight=0.0)
    places |= {mean: (COLUMN * 4.8, middle), "log": (COLUMN * 5.9, middle), together: (COLUMN * 7.0, middle)}
    sketch.nodes = {name: replace(sketch.nodes[name], position=places[name]) for name in places}
    sketch.nodes = {together: sketch.nodes[together], **sketch.nodes}  # first, so that accuracy is that of all
    return sketch.project(
        "Ensemble",
        "Many simple nets are better than one: seven nets with four hidden units each learn the digits by themselves, "
        "and their probabilities are averaged (Hansen and Salamon 1990). Alone they get 88 to 92 % right in the mean, "
        "together 94 to 96 %, because they err on different digits. The accuracy that the training tells is that of "
        "all together; Look inside, Each net and all together, shows each alone and how it rises with their number.",
        epochs=30,
        lr=0.005,
    )
