"""What a layer file is written in. A layer file imports from here and from nowhere else."""

from nodes.api.calls import Built, Call, brief, differing, expression, module, source
from nodes.api.layer import Example, Layer, Port, Role, layer
from nodes.api.misfit import Fix, InsertBefore, Misfit, SetParam, SetUpstream
from nodes.api.params import BadSetting, Choice, Float, Int, Pair, Param, Sizes, Switch
from nodes.api.shapes import Shape, image, times, window_size

__all__ = [
    "BadSetting",
    "Built",
    "Call",
    "Choice",
    "Example",
    "Fix",
    "Float",
    "InsertBefore",
    "Int",
    "Layer",
    "Misfit",
    "Pair",
    "Param",
    "Port",
    "Role",
    "SetParam",
    "SetUpstream",
    "Shape",
    "Sizes",
    "Switch",
    "brief",
    "differing",
    "expression",
    "image",
    "layer",
    "module",
    "source",
    "times",
    "window_size",
]
