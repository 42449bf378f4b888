"""What a layer file is written in. A layer file imports from here and from nowhere else."""

from nodes.api.augmentations import augmentation
from nodes.api.calls import Built, Call, TensorValue, When, brief, differing, expression, module
from nodes.api.curves import Curve, Settings
from nodes.api.feeds import Column, Drawn, Each, Feed, Mapped
from nodes.api.layer import MAIN_ONLY, Example, Layer, Port, Role, layer
from nodes.api.params import (
    Assignments,
    BadSetting,
    Choice,
    Columns,
    File,
    Float,
    Int,
    Names,
    Numbers,
    Pair,
    Param,
    Several,
    Sides,
    Sizes,
    Switch,
    Text,
    Triple,
)
from nodes.api.pictures import Sheet
from nodes.api.schema import Field, Guess, NoData, Recognised, Schema, Skipped, Unreadable
from nodes.api.shape_error import Fix, InsertBefore, SetParam, SetUpstream, ShapeError, UseInstead
from nodes.api.shapes import Shape, image, times, volume, window_size
from nodes.api.sources import Script, source
from nodes.api.training import Code, Counted, metric, optimizer, schedule, stop_rule
from nodes.api.values import RAW, Values
from nodes.api.words import article, cut, listed, quoted, sentence_case, with_article

__all__ = [
    "MAIN_ONLY",
    "RAW",
    "Assignments",
    "BadSetting",
    "Built",
    "Call",
    "Choice",
    "Code",
    "Column",
    "Columns",
    "Counted",
    "Curve",
    "Drawn",
    "Each",
    "Example",
    "Feed",
    "Field",
    "File",
    "Fix",
    "Float",
    "Guess",
    "InsertBefore",
    "Int",
    "Layer",
    "Mapped",
    "Misfit",
    "Names",
    "NoData",
    "Numbers",
    "Pair",
    "Param",
    "Port",
    "Recognised",
    "Role",
    "Schema",
    "Script",
    "SetParam",
    "SetUpstream",
    "Settings",
    "Several",
    "Shape",
    "ShapeError",
    "Sheet",
    "Sides",
    "Sizes",
    "Skipped",
    "Switch",
    "TensorValue",
    "Text",
    "Triple",
    "Unreadable",
    "UseInstead",
    "Values",
    "When",
    "article",
    "augmentation",
    "brief",
    "cut",
    "differing",
    "expression",
    "image",
    "layer",
    "listed",
    "metric",
    "module",
    "optimizer",
    "quoted",
    "schedule",
    "sentence_case",
    "source",
    "stop_rule",
    "times",
    "volume",
    "window_size",
    "with_article",
]

Misfit = ShapeError  # its name until 0.1; layer files of users may say it
