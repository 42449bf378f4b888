"""Edits: small frozen values with a title and one method from project to project."""

from app.core.commands.base import Command, Refused
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
from app.core.commands.settings import ResetSetting, SetSetting
from app.core.commands.wires import Connect, Disconnect

__all__ = [
    "AddNodes",
    "Command",
    "Connect",
    "Disconnect",
    "EditAll",
    "InsertOnWire",
    "MoveNodes",
    "Refused",
    "RemoveAndJoin",
    "RemoveNodes",
    "Rename",
    "ResetSetting",
    "SetBlock",
    "SetNodeField",
    "SetRecipe",
    "SetSetting",
    "SetTitle",
]
