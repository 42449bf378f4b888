"""``export --to svg|pdf|png``. The command line knows no Qt: who starts the program hands in what paints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.cli.out import Stop, Usage, complain, deliver, sound_project
from app.core.graph.model import Project

FORMS = ("svg", "pdf", "png")
THEMES = ("light", "dark", "high_contrast")
MOST_SCALE = 20.0

# Project, form, scale (None: a fitting one), theme, with background -> content and a sentence about it.
Painter = Callable[[Project, str, float | None, str, bool], tuple[bytes, str]]


class _Hand:
    painter: Callable[[], Painter] | None = None


def paint_with(load: Callable[[], Painter] | None) -> None:
    """Use what ``load`` gives to paint; it is called when a picture is first asked for.

    ``load`` may raise ImportError with a sentence for the user, if painting is not possible on this machine.
    """
    _Hand.painter = load


def export(what: str, form: str, out: Path, scale: float | None, theme: str, ground: bool) -> int:
    """Write a picture of a drawing."""
    if theme not in THEMES:
        raise Usage(f"There is no theme {theme}; there are: {', '.join(THEMES)}.")
    if scale is not None and form != "png":
        raise Usage(f"--scale is for png alone: {form} is sharp at every size.")
    if scale is not None and not 0.01 <= scale <= MOST_SCALE:
        raise Usage(f"--scale must be 0.01 to {MOST_SCALE:g}, but it is {scale:g}.")
    project, _ = sound_project(what)
    if _Hand.painter is None:
        raise Stop("Pictures can only be made by the whole program: use python main.py export.")
    try:
        content, said = _Hand.painter()(project, form, scale, theme, ground)
    except (ImportError, ValueError) as error:
        raise Stop(str(error)) from None
    layers = len(project.graph.nodes)
    deliver(out, content, f"{project.title}, {layers} {'layer' if layers == 1 else 'layers'}, {len(content):,} bytes")
    if said:
        complain(said)
    return 0
