"""Titles and descriptions of drawings, read without their layers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.core.storage.files import UnreadableDrawing, heading_of, open_project
from app.core.storage.templates import heading, load, names


@pytest.mark.parametrize("name", names())
def test_the_heading_of_a_template_is_what_its_file_says(name: str) -> None:
    """Fails if the start page, which reads headings alone, calls a drawing by another name than the window does."""
    project = load(name)
    assert heading(name) == (project.title, project.about)
    assert project.about


def test_a_heading_is_refused_as_the_file_is(tmp_path: Path) -> None:
    """Fails if what cannot be opened has a card, or ends in a traceback."""
    for number, text in enumerate(("", "not a drawing", "[]", '{"format": "netloom", "version": 999}')):
        path = tmp_path / f"{number}.netloom"
        path.write_text(text)
        with pytest.raises(UnreadableDrawing) as refused:
            open_project(path)
        with pytest.raises(UnreadableDrawing, match=re.escape(str(refused.value))):
            heading_of(path)
    with pytest.raises(UnreadableDrawing, match="no template nowhere"):
        heading("nowhere")
