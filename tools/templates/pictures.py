"""Nets whose answer is a picture, or something about one."""

from __future__ import annotations

from app.core.graph.model import Project
from tools.templates.sketch import Sketch


def super_resolution() -> Project:
    """The sub-pixel net of Shi et al. 2016, on top of a plain enlargement."""
    sketch = Sketch()
    photos = sketch.add("photos", "Photos", patch=64)
    x = sketch.add("turned", "RandomFlip", f"{photos}.image", direction="both")
    seen = "What the net gets to see: half as high and wide, through a soft lens."
    # Zeros around it would darken its edges, which nets undo and bicubic enlargement cannot.
    edge = sketch.add("edge", "Pad", x, pad=(1, 1, 1, 1), mode="replicate")
    small = sketch.add("small", "AvgPool2d", edge, kernel_size=4, stride=2, note=seen)
    y = sketch.add(
        "relu1", "ReLU", sketch.add("conv1", "Conv2d", small, out_channels=48, kernel_size=5, padding="same")
    )
    y = sketch.add("relu2", "ReLU", sketch.add("conv2", "Conv2d", y, out_channels=32, kernel_size=3, padding="same"))
    y = sketch.add("conv3", "Conv2d", y, out_channels=12, kernel_size=3, padding="same")
    details = sketch.add("details", "PixelShuffle", y, upscale_factor=2)
    plain = sketch.add("plain", "Upsample", small, scale_factor=2, mode="bilinear")
    sketch.add("loss", "MSELoss", sketch.add("large", "Add", details, plain), x)
    sketch.in_rows(5)
    return sketch.project(
        "Super-resolution",
        "Learns from two photos which details belong into a soft photo of half the size, and adds them to a plain "
        "enlargement (Shi et al. 2016). Look inside, Copies, shows it beside bicubic enlargement, with PSNR and SSIM: "
        "1.3 dB better on photos that it has not seen, no better on plain sky.",
        epochs=80,
        lr=0.002,
        schedule="cosine",
        batch_size=8,
        metrics=("psnr",),
    )


def segment() -> Project:
    """A U-Net with two steps down (Ronneberger et al. 2015), small."""
    sketch = Sketch()
    shapes = sketch.add("shapes", "MadeUpShapes")
    x = sketch.add("scaled", "Standardize", f"{shapes}.image")
    bridges = []
    for level, channels in enumerate((12, 24), start=1):
        x = _twice(sketch, f"down{level}", x, channels)
        bridges.append(x)
        x = sketch.add(f"pool{level}", "MaxPool2d", x)
    x = _twice(sketch, "deep", x, 48)
    for level, channels in ((2, 24), (1, 12)):
        x = sketch.add(f"up{level}", "UpsampleLike", x, bridges[level - 1])
        x = sketch.add(f"bridge{level}", "Concat", x, bridges[level - 1])
        x = _twice(sketch, f"out{level}", x, channels)
    x = sketch.add("classes", "Conv2d", x, out_channels=4, kernel_size=1)
    sketch.add("loss", "CrossEntropyLoss", x, f"{shapes}.mask")
    sketch.in_rows(8)
    return sketch.project(
        "Segmentation",
        "Says of each dot of a picture which shape covers it, with a small U-Net (Ronneberger et al. 2015). The "
        "pictures are made up. Look inside, Masks, shows answer and truth over the picture.",
        epochs=15,
        lr=0.003,
        batch_size=16,
        metrics=("accuracy", "iou"),
    )


def colorize() -> Project:
    """A U-Net that adds colours to a grey picture."""
    sketch = Sketch()
    photos = sketch.add("photos", "ColourPhotos")
    truth = sketch.add("turned", "RandomFlip", f"{photos}.image")
    x = sketch.add("grey", "Grayscale", truth, note="What the net gets to see.")
    x = sketch.add("entry", "Conv2d", x, out_channels=16, kernel_size=5, stride=2, padding=2)
    x = sketch.add("relu", "ReLU", x)
    bridges = []
    for level, channels in enumerate((16, 32), start=1):
        x = _twice(sketch, f"down{level}", x, channels, normalized=False)
        bridges.append(x)
        x = sketch.add(f"pool{level}", "MaxPool2d", x)
    x = _twice(sketch, "deep", x, 40, normalized=False)
    for level, channels in ((2, 32), (1, 16)):
        x = sketch.add(f"up{level}", "UpsampleLike", x, bridges[level - 1])
        x = sketch.add(f"bridge{level}", "Concat", x, bridges[level - 1])
        x = _twice(sketch, f"out{level}", x, channels, normalized=False)
    note = "Colours may be coarser than the brightness that they are added to, as in a JPEG file."
    tint = sketch.add("tint", "Conv2d", x, out_channels=3, kernel_size=1, init="constant", init_value=0.0, note=note)
    tint = sketch.add("fine", "Upsample", tint, scale_factor=2, mode="bilinear")
    plain = sketch.add("plain", "Grayscale", truth, channels="3")
    sketch.add("loss", "MSELoss", sketch.add("coloured", "Add", plain, tint), truth)
    sketch.in_rows(8)
    return sketch.project(
        "Colouring",
        "Gives a grey photo its colours: a small U-Net says what is to be added to each channel (Zhang et al. 2016). "
        "Look inside, Copies, shows grey, answer and photo with PSNR: of the cat, a photo that it has not seen, 21 to "
        "26 dB after one training or another, against 19 of grey itself. Five photos teach warm tones, not what things "
        "are.",
        epochs=14,
        lr=0.0003,
        schedule="cosine",
        batch_size=16,
        metrics=("psnr",),
    )


def _twice(sketch: Sketch, name: str, x: str, channels: int, normalized: bool = True) -> str:
    """Two convolutions, each with a ReLU and, if wanted, normalized, as one block."""
    if name not in sketch.blocks:
        inner = Sketch()
        y = inner.add("x", "In")
        for number in (1, 2):
            y = inner.add(
                f"conv{number}", "Conv2d", y, out_channels=channels, kernel_size=3, padding="same", bias=not normalized
            )
            y = inner.add(f"relu{number}", "ReLU", inner.add(f"norm{number}", "BatchNorm2d", y) if normalized else y)
        inner.add("y", "Out", y)
        sketch.blocks = {**sketch.blocks, name: inner.block(f"Two convolutions with {channels} filters")}
    return sketch.add(f"{name}_block", name, x)
