"""Names and sizes in the weight files of torch's model zoo (torchvision 0.2x), in the order of the files.

No such file can be fetched for a test, so they are written down here as rules; totals are the published ones.
"""

from __future__ import annotations

from collections.abc import Iterator

Sizes = tuple[int, ...]
Entry = tuple[str, Sizes]
CLASSES = 1000


def alexnet() -> dict[str, Sizes]:
    """torchvision.models.alexnet"""
    sizes = ((0, 3, 64, 11), (3, 64, 192, 5), (6, 192, 384, 3), (8, 384, 256, 3), (10, 256, 256, 3))
    entries = [entry for n, i, o, k in sizes for entry in _conv(f"features.{n}", i, o, k, bias=True)]
    return dict(entries) | _classifier({1: (9216, 4096), 4: (4096, 4096), 6: (4096, CLASSES)})


def vgg16() -> dict[str, Sizes]:
    """torchvision.models.vgg16"""
    widths = ((0, 64), (2, 64), (5, 128), (7, 128), (10, 256), (12, 256), (14, 256))
    widths += ((17, 512), (19, 512), (21, 512), (24, 512), (26, 512), (28, 512))
    entries, before = [], 3
    for place, width in widths:
        entries += _conv(f"features.{place}", before, width, 3, bias=True)
        before = width
    return dict(entries) | _classifier({0: (25088, 4096), 3: (4096, 4096), 6: (4096, CLASSES)})


def googlenet(auxiliary: bool = True) -> dict[str, Sizes]:
    """torchvision.models.googlenet; its files hold the auxiliary classifiers."""
    entries = [*_unit("conv1", 3, 64, 7), *_unit("conv2", 64, 64, 1), *_unit("conv3", 64, 192, 3)]
    before = 192
    for place, (one, reduce3, three, reduce5, five, pooled) in {
        "3a": (64, 96, 128, 16, 32, 32),
        "3b": (128, 128, 192, 32, 96, 64),
        "4a": (192, 96, 208, 16, 48, 64),
        "4b": (160, 112, 224, 24, 64, 64),
        "4c": (128, 128, 256, 24, 64, 64),
        "4d": (112, 144, 288, 32, 64, 64),
        "4e": (256, 160, 320, 32, 128, 128),
        "5a": (256, 160, 320, 32, 128, 128),
        "5b": (384, 192, 384, 48, 128, 128),
    }.items():
        name = f"inception{place}"
        entries += _unit(f"{name}.branch1", before, one, 1)
        entries += [*_unit(f"{name}.branch2.0", before, reduce3, 1), *_unit(f"{name}.branch2.1", reduce3, three, 3)]
        entries += [*_unit(f"{name}.branch3.0", before, reduce5, 1), *_unit(f"{name}.branch3.1", reduce5, five, 3)]
        entries += _unit(f"{name}.branch4.1", before, pooled, 1)
        before = one + three + five + pooled
    for name, width in (("aux1", 512), ("aux2", 528)) if auxiliary else ():
        entries += [*_unit(f"{name}.conv", width, 128, 1), *_linear(f"{name}.fc1", 2048, 1024)]
        entries += _linear(f"{name}.fc2", 1024, CLASSES)
    return dict([*entries, *_linear("fc", 1024, CLASSES)])


def resnet(layers: int) -> dict[str, Sizes]:
    """torchvision.models.resnet18 and its larger kin"""
    depths = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}[layers]
    grows = 1 if layers < 50 else 4
    entries = [*_conv("conv1", 3, 64, 7), *_norm("bn1", 64)]
    before = 64
    for stage, (width, depth) in enumerate(zip((64, 128, 256, 512), depths, strict=True), 1):
        for number in range(depth):
            name = f"layer{stage}.{number}"
            kernels = (3, 3) if layers < 50 else (1, 3, 1)
            arriving = before
            for place, kernel in enumerate(kernels, 1):
                leaving = width * grows if place == len(kernels) else width
                entries += [*_conv(f"{name}.conv{place}", arriving, leaving, kernel)]
                entries += _norm(f"{name}.bn{place}", leaving)
                arriving = leaving
            if number == 0 and (stage > 1 or grows > 1):
                entries += [*_conv(f"{name}.downsample.0", before, width * grows, 1)]
                entries += _norm(f"{name}.downsample.1", width * grows)
            before = width * grows
    return dict([*entries, *_linear("fc", before, CLASSES)])


def _conv(name: str, channels: int, filters: int, kernel: int, *, bias: bool = False) -> Iterator[Entry]:
    yield f"{name}.weight", (filters, channels, kernel, kernel)
    if bias:
        yield f"{name}.bias", (filters,)


def _norm(name: str, channels: int) -> Iterator[Entry]:
    for part in ("weight", "bias", "running_mean", "running_var"):
        yield f"{name}.{part}", (channels,)
    yield f"{name}.num_batches_tracked", ()


def _unit(name: str, channels: int, filters: int, kernel: int) -> Iterator[Entry]:
    yield from _conv(f"{name}.conv", channels, filters, kernel)
    yield from _norm(f"{name}.bn", filters)


def _linear(name: str, features: int, units: int) -> Iterator[Entry]:
    yield f"{name}.weight", (units, features)
    yield f"{name}.bias", (units,)


def _classifier(layers: dict[int, tuple[int, int]]) -> dict[str, Sizes]:
    return dict(entry for place, sizes in layers.items() for entry in _linear(f"classifier.{place}", *sizes))
