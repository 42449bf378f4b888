"""Nets whose answer is a picture, or something about one."""

from __future__ import annotations

from app.core.graph.model import Project
from tools.templates.sketch import Sketch


def super_resolution() -> Project:
    """The sub-pixel net of Shi et al. 2016, on top of a plain enlargement."""
    sketch = Sketch()
    photos = sketch.add("photos", "Photos", patch=64)
    x = sketch.add("turned", "RandomFlip", f"{photos}.image", direction="both")
    small = sketch.add("small", "AvgPool2d", x, kernel_size=2, note="What the net gets to see: half as high and wide.")
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
        "Learns from two photos which details belong into a photo of half the size, and adds them to a plain "
        "enlargement (Shi et al. 2016). Look inside, Copies, shows it beside bicubic enlargement, with PSNR and SSIM.",
        epochs=200,
        lr=0.002,
        schedule="cosine",
        batch_size=8,
        metrics=("psnr",),
    )
