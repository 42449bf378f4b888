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
