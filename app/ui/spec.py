"""What an entry of a menu is. The tables of entries are made of these."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Spec:
    """One action. ``slot`` is the way from the window to the method it calls: ``canvas.copy``.

    ``on_canvas``: its keys count only while the canvas has the focus, so that letters and Delete stay with the fields
    that are typed into. The menu works from everywhere.
    """

    name: str
    text: str
    slot: str
    keys: tuple[str, ...] = ()
    tip: str = ""
    icon: str = ""
    on_canvas: bool = False
    checkable: bool = False

    @property
    def title(self) -> str:
        """The text without its mnemonic and dots, as a sentence or a list shows it."""
        return self.text.replace("&", "").rstrip("…")


@dataclass(frozen=True)
class Submenu:
    """A menu whose entries are filled in by the window: templates, recent files, themes, panels."""

    name: str
    text: str


Entry = Spec | Submenu | None  # None is a line between groups


def entry(
    slot: str,
    text: str,
    keys: str,
    tip: str,
    icon: str = "",
    *,
    name: str = "",
    checkable: bool = False,
    on_canvas: bool = False,
) -> Spec:
    """A line of a table. ``keys`` are all that there are, with a space between. Its name is the last part of ``slot``
    unless it has another."""
    return Spec(name or slot.rpartition(".")[2], text, slot, tuple(keys.split()), tip, icon, on_canvas, checkable)


def of_canvas(way: str, text: str, keys: str, tip: str, icon: str = "", *, name: str = "") -> Spec:
    """The same for what the canvas itself does, where alone the keys count."""
    return entry(f"canvas.{way}", text, keys, tip, icon, name=name, on_canvas=True)
