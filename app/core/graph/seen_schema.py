"""One look at data that lies in files: its schema, and what keeps it from being read now."""

from __future__ import annotations

from dataclasses import dataclass

from nodes.api import Schema

Key = tuple[str, str]  # the type of a source, and its settings as text


@dataclass(frozen=True, slots=True)
class SeenSchema:
    """One look at a source's files. ``schema`` is what was seen there last, also where it cannot be read any more;
    ``trouble`` says why not, in a sentence. ``nearby`` is a file of the same name that lies beside the drawing."""

    schema: Schema | None = None
    trouble: str = ""
    nearby: str = ""
