"""Edits: small frozen values with a title and one method from project to project."""

from app.core.commands.base import Command, Refused
from app.core.commands.blocks import (
    DuplicateAsOwn,
    ExposeSetting,
    HideSetting,
    RenameBlock,
    RenameSetting,
    SetBlockNote,
)
from app.core.commands.corrections import CorrectSamples, ForgetCorrections
from app.core.commands.frames import AddFrames, PlaceFrames, RemoveFrames, SetFrameColor, SetFrameText
from app.core.commands.grouping import GroupNodes, UnpackBlock
from app.core.commands.nodes import (
    AddNodes,
    InsertOnWire,
    MoveNodes,
    RemoveAndJoin,
    RemoveNodes,
    Rename,
    SetNodeField,
)
from app.core.commands.project import EditAll, SetBlock, SetRecipe, SetTitle
from app.core.commands.retype import ChangeType
from app.core.commands.settings import ResetSetting, SetSetting
from app.core.commands.wires import Connect, Disconnect, MoveWire

__all__ = [
    "AddFrames",
    "AddNodes",
    "ChangeType",
    "Command",
    "Connect",
    "CorrectSamples",
    "Disconnect",
    "DuplicateAsOwn",
    "EditAll",
    "ExposeSetting",
    "ForgetCorrections",
    "GroupNodes",
    "HideSetting",
    "InsertOnWire",
    "MoveNodes",
    "MoveWire",
    "PlaceFrames",
    "Refused",
    "RemoveAndJoin",
    "RemoveFrames",
    "RemoveNodes",
    "Rename",
    "RenameBlock",
    "RenameSetting",
    "ResetSetting",
    "SetBlock",
    "SetBlockNote",
    "SetFrameColor",
    "SetFrameText",
    "SetNodeField",
    "SetRecipe",
    "SetSetting",
    "SetTitle",
    "UnpackBlock",
]
