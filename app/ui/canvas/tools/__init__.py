"""Gestures as objects: each is pressed, moved and released or cancelled, and edits at most once, on release."""

from app.ui.canvas.tools.base import Pointer, Tool
from app.ui.canvas.tools.drop import DropLayer
from app.ui.canvas.tools.frame import MoveFrame, ResizeFrame
from app.ui.canvas.tools.move import MoveTool
from app.ui.canvas.tools.pan import PanTool
from app.ui.canvas.tools.select import SelectArea
from app.ui.canvas.tools.wire import DrawWire

__all__ = ["DrawWire", "DropLayer", "MoveFrame", "MoveTool", "PanTool", "Pointer", "ResizeFrame", "SelectArea", "Tool"]
