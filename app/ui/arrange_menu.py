"""The entries of the Arrange menu."""

from __future__ import annotations

from app.ui.spec import Entry, Spec


def _entry(name: str, text: str, order: str, keys: str, tip: str, icon: str) -> Spec:
    return Spec(name, text, f"canvas.align.{order}", (keys,), tip, icon, on_canvas=True)


ALIGN: tuple[Spec, ...] = (
    _entry("align_left", "Align &left", "left", "Ctrl+Shift+Left", "Bring layers to one left edge", "align-left"),
    _entry("align_centre", "In one &column", "centre", "Shift+X", "Bring layers into one column", "align-centre"),
    _entry("align_right", "Align &right", "right", "Ctrl+Shift+Right", "Bring layers to one right edge", "align-right"),
    _entry("align_top", "Align &top", "top", "Ctrl+Shift+Up", "Bring layers to one top edge", "align-top"),
    _entry("align_middle", "In one ro&w", "middle", "Shift+Y", "Bring layers into one row", "align-middle"),
    _entry(
        "align_bottom", "Align &bottom", "bottom", "Ctrl+Shift+Down", "Bring layers to one bottom edge", "align-bottom"
    ),
)
DISTRIBUTE: tuple[Spec, ...] = (
    _entry(
        "distribute_across",
        "Distribute &horizontally",
        "across",
        "Ctrl+Shift+X",
        "Leave equal gaps between layers, from left to right",
        "distribute-across",
    ),
    _entry(
        "distribute_down",
        "Distribute &vertically",
        "down",
        "Ctrl+Shift+Y",
        "Leave equal gaps between layers, from top to bottom",
        "distribute-down",
    ),
)
ARRANGE: tuple[Entry, ...] = (*ALIGN[:3], None, *ALIGN[3:], None, *DISTRIBUTE)
