"""All layer types: those found by walking the folders of ``nodes``, and the user's own."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType, ModuleType

import nodes
from nodes.api.files import files_of
from nodes.api.layer import Layer

# Order and student's name of the palette's categories; the key is the folder.
CATEGORIES: Mapping[str, str] = MappingProxyType(
    {
        "sources": "Data",
        "ports": "Inputs and outputs",
        "convolution": "Convolution",
        "pooling": "Pooling",
        "dense": "Fully connected",
        "recurrent": "Recurrent",
        "attention": "Attention",
        "embedding": "Embedding",
        "activation": "Activation",
        "normalization": "Normalization",
        "regularization": "Regularization",
        "merge": "Merge",
        "reshape": "Reshape",
        "arithmetic": "Arithmetic",
        "augmentation": "Augmentation",
        "losses": "Loss",
        "yours": "Your own",
    }
)
# Where data comes from: the order of what stands in ``sources``, and its headings.
DATA_HEADINGS = ("Data sets", "Your own files", "Made-up data", "Games")
# What most drawings need. These stand first in their category, and a search that fits several layers finds them first.
_FIRST = """Digits Pictures Table TextFile Texts Sounds Conv2d MaxPool2d AvgPool2d Linear Embedding LSTM
MultiheadAttention ReLU Sigmoid Tanh Softmax BatchNorm2d LayerNorm Dropout Add Concat Flatten Reshape
CrossEntropyLoss MSELoss""".split()
# Folders without layers; those of the recipe are read by ``declared``.
_NOT_CATEGORIES = {"api", "modules", "reading", "optimizers", "schedules", "stopping", "metrics"}
_NOT_CATEGORIES |= {"policies", "replays", "targets"}


def _files() -> Iterator[ModuleType]:
    for folder in pkgutil.iter_modules(nodes.__path__):
        if folder.ispkg and folder.name not in _NOT_CATEGORIES:
            yield from files_of(folder.name)


@cache
def ours() -> Mapping[str, Layer]:
    """Every layer type that comes with Netloom, by id.

    Raises:
        TypeError: if two files declare the same id, or a folder is no category.
    """
    found: dict[str, Layer] = {}
    for file in _files():
        for value in vars(file).values():
            if not isinstance(value, Layer) or value.function.__module__ != file.__name__:
                continue
            if value.id in found:
                raise TypeError(f"two files declare the layer {value.id}")
            if value.category not in CATEGORIES:
                raise TypeError(f"{value.category} is not a category; add it to CATEGORIES")
            found[value.id] = value
    return MappingProxyType(found)


_yours: tuple[Layer, ...] = ()


def set_yours(own: Iterable[Layer]) -> None:
    """Offer these layers of the user beside ours, in the place of those of an earlier call.

    ``app.core.userlayers`` has checked them: ids that are free, categories that exist.
    """
    global _yours
    _yours = tuple(own)
    layers.cache_clear()


@cache
def layers() -> Mapping[str, Layer]:
    """Every registered layer type by id, in palette order."""
    order = list(CATEGORIES)
    place = {layer_id: number for number, layer_id in enumerate(_FIRST)}

    def rank(entry: Layer) -> tuple[int, int, int, str]:
        heading = DATA_HEADINGS.index(heading_of(entry)) if entry.source is not None else 0
        # Data is looked for by what it is called, layers by torch's names, as their files are sorted.
        name = entry.name.casefold() if entry.source is not None else ""
        return order.index(entry.category), heading, place.get(entry.id, len(place)), name

    return MappingProxyType({entry.id: entry for entry in sorted((*ours().values(), *_yours), key=rank)})


def heading_of(layer: Layer) -> str:
    """The heading under which a layer is offered: its category, and of data where it comes from."""
    source = layer.source
    if source is None:
        return CATEGORIES[layer.category]
    if source.plays:
        return "Games"
    if source.paths:
        return "Your own files"
    return "Data sets" if source.packaged or source.needs else "Made-up data"


def find(layer_id: str) -> Layer | None:
    """The layer type of that id, if there is one."""
    return layers().get(layer_id)
