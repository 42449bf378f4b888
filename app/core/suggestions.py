"""Which layers usually come next: counted in the shipped templates, what their files say, and a table by family.

The templates are few and hold the classic networks, so the counts alone would know nothing of an LSTM before a
transformer or a dropout after a norm. The table says what textbooks do; the counts settle what is more usual.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from nodes.api.registry import find, layers

# What fits less far along the list stands later. Layers for images, sequences and volumes stand side by side: the
# shapes decide which of them fit.
_POOLS = "MaxPool2d MaxPool1d MaxPool3d AvgPool2d"
_CONVS = "Conv2d Conv1d Conv3d"
_NORMS = "BatchNorm2d BatchNorm1d BatchNorm3d"
_AFTER_FAMILY: Mapping[str, str] = {
    "convolution": f"ReLU {_POOLS} {_NORMS} LeakyReLU Dropout2d {_CONVS}",
    "pooling": f"{_CONVS} Flatten Dropout Linear {_NORMS}",
    "activation": f"{_POOLS} {_CONVS} Linear Dropout Flatten {_NORMS} Add",
    "normalization": f"ReLU GELU {_CONVS} Linear MultiheadAttention Add {_POOLS}",
    "regularization": f"Linear {_CONVS} LSTM Flatten Add",
    "dense": "ReLU Dropout Linear Sigmoid Tanh BatchNorm1d CrossEntropyLoss Softmax MSELoss Output",
    "recurrent": "Linear Select Dropout LSTM GRU LayerNorm GlobalAvgPool",
    "attention": "Add LayerNorm Dropout Linear TransformerEncoderLayer GlobalAvgPool Select",
    "embedding": "LSTM GRU PositionalEncoding LearnedPositionalEncoding Dropout TransformerEncoderLayer Conv1d",
    "merge": f"ReLU LayerNorm {_CONVS} Linear Dropout",
    "reshape": f"Linear {_CONVS} LSTM ReLU",
    "arithmetic": "Add Multiply Concat Linear",
}
# After data, and after what may be anything: an input, a block, a layer of the user's own.
_AFTER_KIND: Mapping[str, str] = {
    "image": "Conv2d Flatten Standardize GaussianNoise LocallyConnected2d MaxPool2d",
    "volume": "Conv3d Flatten MaxPool3d",
    "sequence": "LSTM GRU Conv1d MultiheadAttention TransformerEncoderLayer Linear PositionalEncoding",
    "tokens": "Embedding OneHot",
    "vector": "Linear ReLU Standardize",
    "label": "OneHot Embedding",
}
# What changes data in training, behind a source or another of these.
_CHANGING: Mapping[str, str] = {
    "image": "RandomCrop RandomFlip RandomRotate ColorJitter RandomErase CutMix Mixup",
    "sequence": "RandomNoise TimeShift TimeMask",
    "vector": "RandomNoise Mixup",
}
# After the last layer with weights, when what it gives is one score for each class.
_SCORES = "CrossEntropyLoss Softmax Output LogSoftmax NLLLoss"
_FAMILY_WORDS: Mapping[str, str] = {
    "convolution": "a convolution",
    "pooling": "pooling",
    "activation": "an activation",
    "normalization": "a normalization",
    "regularization": "dropout",
    "dense": "a fully connected layer",
    "recurrent": "a recurrent layer",
    "attention": "attention",
    "embedding": "an embedding",
    "merge": "a merge",
    "reshape": "a reshape",
    "arithmetic": "arithmetic",
}
_KIND_WORDS: Mapping[str, str] = {
    "image": "an image",
    "volume": "a volume",
    "sequence": "a sequence",
    "tokens": "text",
    "vector": "a list of numbers",
    "label": "a label",
}
_MOST_COUNTED = 8  # more templates than this with one pair say no more about it
COUNTS = Path(str(files("resources"))) / "suggestion_counts.json"  # written by tools/suggestion_counts.py


@cache
def counted() -> Mapping[str, Mapping[str, int]]:
    """Which layer follows which in how many shipped templates, by the first of the two."""
    found: dict[str, dict[str, int]] = json.loads(COUNTS.read_text(encoding="utf-8"))
    return found


def after(type_id: str, kind: str | None = None, scores: bool = False) -> Mapping[str, float]:
    """How usual each layer is after one of this type: the higher the more, nothing for those that are not.

    Args:
        type_id: a layer's id, or ``block:name``.
        kind: what it gives (``Shape.kind``), if that is known; it decides where the layer itself says little.
        scores: that it gives one number for each class of the data.
    """
    found: dict[str, float] = {}
    for other in _listed(type_id, kind):
        found[other] = _listed_at(type_id, kind, other)
    for other, number in counted().get(type_id, {}).items():
        found[other] = found.get(other, 0.0) + min(number, _MOST_COUNTED) / 2
    if scores:
        for place, other in enumerate(_SCORES.split()):
            found[other] = 40.0 - place
    return found


def _listed_at(type_id: str, kind: str | None, other: str) -> float:
    """12 for what stands first in the table after a layer, one less for each place; 0 for what is not there."""
    listed = _listed(type_id, kind)
    return max(12.0 - listed.index(other), 1.0) if other in listed else 0.0


def _listed(type_id: str, kind: str | None) -> Sequence[str]:
    layer = find(type_id)
    if layer is not None and layer.followed_by:
        return layer.followed_by
    if layer is not None and layer.role == "layer" and layer.category in _AFTER_FAMILY:
        return _AFTER_FAMILY[layer.category].split()
    usual = _AFTER_KIND.get(kind or "", "")
    if layer is not None and layer.role in ("source", "augmentation"):
        usual += " " + _CHANGING.get(kind or "", "")
    return [each for each in usual.split() if each != type_id or layer is None or layer.role != "augmentation"]


def before(type_id: str) -> Mapping[str, float]:
    """How usual each layer is before one of this type: those after which it is usual."""
    found = {}
    for layer in layers().values():
        if layer.role in ("augmentation", "loss", "output", "block_out") or not layer.outputs:
            continue
        # Data comes last: most drawings have theirs before somebody asks what could stand in front of a layer.
        kinds, less = ((None,), 0.0) if layer.role == "layer" else (tuple(_AFTER_KIND), 3.0)
        listed = max(_listed_at(layer.id, kind, type_id) for kind in kinds)
        # The same family stands before many layers, so here the counts tell more than the table.
        usual = listed / 2 + min(counted().get(layer.id, {}).get(type_id, 0), _MOST_COUNTED) * 1.5 - less
        if usual > 1.0:
            found[layer.id] = usual
    return found


def why(type_id: str, kind: str | None = None, scores: bool = False) -> str:
    """The reason in a few words: ``usual after a convolution``."""
    if scores:
        return "usual after the last layer"
    layer = find(type_id)
    if layer is not None and layer.followed_by:
        return f"usual after {layer.name}"
    if layer is not None and layer.role == "layer" and layer.category in _FAMILY_WORDS:
        return f"usual after {_FAMILY_WORDS[layer.category]}"
    return f"usual for {_KIND_WORDS[kind]}" if kind is not None and kind in _KIND_WORDS else "usual here"
