"""Data whose task has a net of its own among the templates: pictures with masks, boxes, points, sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.graph.model import Project
from app.core.storage import templates
from app.core.storage.files import UnreadableDrawing
from nodes.api import Layer, Schema

# By the fields that the data has.
_NETS = {
    frozenset({"image", "mask"}): ("segment", "Says of each dot of a picture which of {classes} classes it is."),
    frozenset({"image", "boxes", "kinds"}): ("detect", "Finds things of {classes} classes in a picture."),
    frozenset({"image", "heat"}): ("keypoints", "Finds {classes} points in a picture, by a map for each."),
    frozenset({"image", "previous", "target"}): ("caption", "Writes a sentence about a picture, word by word."),
    frozenset({"image", "question", "answer"}): ("vqa", "Answers a question about a picture."),
}


def task_net(layer: Layer, schema: Schema) -> tuple[Project, str] | None:
    """A template for the task of data that files bring, and in a sentence what it does there; None for other data."""
    known = _NETS.get(frozenset(schema.fields))
    if known is None or layer.source is None or not layer.source.paths:
        return None
    name, said = known
    try:
        return templates.load(name), said.format(classes=_classes(schema.fields)).replace(" 1 classes", " 1 class")
    except UnreadableDrawing:
        return None


def _classes(fields: Mapping[str, Any]) -> str:
    if "heat" in fields:
        return f"{fields['heat'].sizes[0]:,}"
    field = fields.get("mask") or fields.get("kinds")
    return f"{(field.shape.classes or 0) - ('kinds' in fields):,}" if field is not None else ""
