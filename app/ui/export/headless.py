"""Pictures without a window or a display, for the command line."""

from __future__ import annotations

import os
import sys

from PySide6.QtGui import QGuiApplication

from app.core.graph.model import MAIN, Project
from app.core.inference import infer
from app.ui import theme
from app.ui.canvas.arranging import with_places
from app.ui.canvas.scene import Scene
from app.ui.export.render import Style, most_scale, percent, to_pdf, to_png, to_svg, whole


def picture(project: Project, form: str, scale: float | None, theme_name: str, ground: bool) -> tuple[bytes, str]:
    """The whole drawing as a file of the form ``svg``, ``pdf`` or ``png``, and a sentence about it, or none.

    ``scale`` is for PNG; without one it is 2, or less for a drawing that would become too large.

    Raises:
        ValueError: with a sentence, if a PNG would be too large.
        KeyError: if there is no such theme.
    """
    application = _application()
    project = with_places(project)
    scene = Scene()
    scene.load(project, MAIN, infer(project).main)
    part, style = whole(scene), Style(theme_name, ground)
    said = ""
    if form == "svg":
        content = to_svg(part, style, project.title)
    elif form == "pdf":
        content = to_pdf(part, style, project.title)
    else:
        wanted = 2.0
        if scale is None and wanted > (most := most_scale(part)):
            wanted = most
            said = f"The drawing is large, so it was made at {percent(most)}. SVG and PDF know no such limit."
        content = to_png(part, scale if scale is not None else wanted, style)
    del application
    return content, said


def _application() -> QGuiApplication:
    """Qt with fonts but without a display; the one that is there, if there is one."""
    present = QGuiApplication.instance()
    if isinstance(present, QGuiApplication):
        return present
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    made = QGuiApplication(sys.argv[:1])
    made.setFont(theme.base_font())
    return made
