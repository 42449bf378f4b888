"""Residual nets. Names follow torch's model zoo, so that its weight files match by name as far as names can say."""

from __future__ import annotations

from app.core.graph.model import Block, Project
from tools.templates.sketch import End, Sketch

WIDTHS = (64, 128, 256, 512)
GROWS = 4  # a bottleneck gives so many times as many channels as it is wide


def resnet18() -> Project:
    """Two basic blocks in each stage."""
    return _resnet(18, (2, 2, 2, 2))


def resnet34() -> Project:
    """Basic blocks."""
    return _resnet(34, (3, 4, 6, 3))


def resnet50() -> Project:
    """Bottlenecks."""
    return _resnet(50, (3, 4, 6, 3))


def resnet101() -> Project:
    """Bottlenecks."""
    return _resnet(101, (3, 4, 23, 3))


def resnet152() -> Project:
    """Bottlenecks."""
    return _resnet(152, (3, 8, 36, 3))


def _resnet(layers: int, depths: tuple[int, int, int, int]) -> Project:
    sketch = Sketch(_basic_blocks() if layers < 50 else _bottlenecks())
    x = sketch.add("image", "Input", shape=(3, 224, 224))
    x = sketch.add("conv1", "Conv2d", x, out_channels=64, kernel_size=7, stride=2, padding=3, bias=False)
    x = sketch.add("relu", "ReLU", sketch.add("bn1", "BatchNorm2d", x))
    x = sketch.add("maxpool", "MaxPool2d", x, kernel_size=3, stride=2, padding=1)
    for stage, (width, depth) in enumerate(zip(WIDTHS, depths, strict=True), 1):
        stage_of = _basic_stage if layers < 50 else _bottleneck_stage
        x = stage_of(sketch, stage, x, width, depth)
    x = sketch.add("flatten", "Flatten", sketch.add("avgpool", "AdaptiveAvgPool2d", x, output_size=1))
    sketch.add("scores", "Output", sketch.add("fc", "Linear", x, out_features=1000))
    return sketch.project(
        f"ResNet-{layers}",
        f"{layers} layers with weights, trainable because each block only adds to what it takes (He et al. 2015).",
    )


def _basic_stage(sketch: Sketch, stage: int, x: End, width: int, depth: int) -> End:
    if stage == 1:
        return sketch.add("layer1", "basic_block", x, repeat=depth, channels=width)
    x = sketch.add(f"layer{stage}_0", "basic_block_down", x, channels=width)
    return sketch.add(f"layer{stage}_1", "basic_block", x, repeat=depth - 1, channels=width)


def _bottleneck_stage(sketch: Sketch, stage: int, x: End, width: int, depth: int) -> End:
    channels = GROWS * width
    stride = 1 if stage == 1 else 2
    x = sketch.add(f"layer{stage}_0", "bottleneck_down", x, width=width, channels=channels, stride=stride)
    return sketch.add(f"layer{stage}_1", "bottleneck", x, repeat=depth - 1, width=width, channels=channels)


def _basic_blocks() -> dict[str, Block]:
    plain, down = Sketch(), Sketch()
    _two_convolutions(plain, stride=1)
    _two_convolutions(down, stride=2)
    channels = "conv1.out_channels conv2.out_channels"
    return {
        "basic_block": plain.block("Two convolutions with a shortcut around them.", channels=channels),
        "basic_block_down": down.block(
            "Two convolutions that halve the image, with a 1×1 convolution on the shortcut.",
            channels=channels + " downsample_0.out_channels",
        ),
    }


def _two_convolutions(sketch: Sketch, stride: int) -> None:
    x = y = sketch.add("x", "In")
    for number in (1, 2):
        step = stride if number == 1 else 1
        y = sketch.add(f"conv{number}", "Conv2d", y, out_channels=64, kernel_size=3, stride=step, padding=1, bias=False)
        y = sketch.add(f"bn{number}", "BatchNorm2d", y)
        y = sketch.add("relu1", "ReLU", y) if number == 1 else y
    _shortcut(sketch, x, y, 64, stride, down=stride > 1)


def _bottlenecks() -> dict[str, Block]:
    plain, down = Sketch(), Sketch()
    _three_convolutions(plain, down=False)
    _three_convolutions(down, down=True)
    width = "conv1.out_channels conv2.out_channels"
    return {
        "bottleneck": plain.block(
            "A 3×3 convolution between two of 1×1 that narrow and widen, with a shortcut around them.",
            width=width,
            channels="conv3.out_channels",
        ),
        "bottleneck_down": down.block(
            "A bottleneck that changes the size, with a 1×1 convolution on the shortcut.",
            width=width,
            channels="conv3.out_channels downsample_0.out_channels",
            stride="conv2.stride downsample_0.stride",
        ),
    }


def _three_convolutions(sketch: Sketch, *, down: bool) -> None:
    x = y = sketch.add("x", "In")
    for number, kernel, channels in ((1, 1, 64), (2, 3, 64), (3, 1, 256)):
        y = sketch.add(
            f"conv{number}", "Conv2d", y, out_channels=channels, kernel_size=kernel, padding=kernel // 2, bias=False
        )
        y = sketch.add(f"bn{number}", "BatchNorm2d", y)
        y = sketch.add(f"relu{number}", "ReLU", y) if number < 3 else y
    _shortcut(sketch, x, y, 256, 1, down=down)


def _shortcut(sketch: Sketch, x: End, y: End, channels: int, stride: int, *, down: bool) -> None:
    """The sum at the end of a block, and on the way around it a 1×1 convolution if the size changes."""
    if down:
        x = sketch.add("downsample_0", "Conv2d", x, out_channels=channels, kernel_size=1, stride=stride, bias=False)
        x = sketch.add("downsample_1", "BatchNorm2d", x)
    added = sketch.add("added", "Add", y, x)
    sketch.add("y", "Out", sketch.add("relu", "ReLU", added))
