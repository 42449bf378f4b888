"""Whether a file is a table, by its name and its first bytes."""

from __future__ import annotations

from pathlib import Path

from nodes.api.schema import Recognised
from nodes.reading.tables_dialect import NoTable, sniff
from nodes.reading.tables_files import ENDINGS


def recognise(path: Path) -> Recognised | None:
    """Whether a file is a table, by its ending and its first bytes."""
    if not path.is_file():
        return None
    ending = path.suffix.lower()
    with path.open("rb") as file:
        head = file.read(20_000)
    if head[:4] == b"PAR1":
        return Recognised({"path": str(path)}, 0.95)
    if ending in ENDINGS["excel"] and head[:4] in (b"PK\3\4", b"\xd0\xcf\x11\xe0"):
        return Recognised({"path": str(path)}, 0.9)
    if ending in ENDINGS["json"]:
        start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:2]
        if start[:1] == b"{" and ending != ".json":
            return Recognised({"path": str(path)}, 0.7)
        return Recognised({"path": str(path)}, 0.6) if start[:1] in (b"[", b"{") and len(head) > 2 else None
    if (
        ending not in ENDINGS["csv"]
        or not head.strip()
        or head.lstrip().lower().startswith((b"<!doctype html", b"<html"))
    ):
        return None
    try:
        dialect = sniff(head)
    except (NoTable, UnicodeError):
        return None
    if ending in (".csv", ".tsv", ".tab"):
        return Recognised({"path": str(path)}, 0.8)
    return Recognised({"path": str(path)}, 0.55) if dialect.width > 1 and dialect.separator != " " else None
