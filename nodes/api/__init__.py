"""What a layer file is written in. A layer file imports from here and from nowhere else."""

from nodes.api.calls import Built, Call, TensorValue, When, brief, differing, expression, module, source
from nodes.api.curves import Curve, Settings
from nodes.api.layer import Example, Layer, Port, Role, layer
from nodes.api.misfit import Fix, InsertBefore, Misfit, SetParam, SetUpstream, UseInstead
from nodes.api.params import (
    BadSetting,
    Choice,
    File,
    Float,
    Int,
    Names,
    Numbers,
    Pair,
    Param,
    Sides,
    Sizes,
    Switch,
    Triple,
)
from nodes.api.pictures import Sheet
from nodes.api.shapes import Shape, image, times, volume, window_size
from nodes.api.values import RAW, Values
from nodes.api.words import article, cut, listed, quoted, sentence_case, with_article

__all__ = [
    "RAW",
    "BadSetting",
    "Built",
    "Call",
    "Choice",
    "Curve",
    "Example",
    "File",
    "Fix",
    "Float",
    "InsertBefore",
    "Int",
    "Layer",
    "Misfit",
    "Names",
    "Numbers",
    "Pair",
    "Param",
    "Port",
    "Role",
    "SetParam",
    "SetUpstream",
    "Settings",
    "Shape",
    "Sheet",
    "Sides",
    "Sizes",
    "Switch",
    "TensorValue",
    "Triple",
    "UseInstead",
    "Values",
    "When",
    "article",
    "brief",
    "cut",
    "differing",
    "expression",
    "image",
    "layer",
    "listed",
    "module",
    "quoted",
    "sentence_case",
    "source",
    "times",
    "volume",
    "window_size",
    "with_article",
]
