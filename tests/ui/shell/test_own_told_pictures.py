"""Pictures with masks and sentences of one's own: dropped on the window, and in the place of what is made up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app.core.inference import infer
from app.ui.window import MainWindow
from nodes.reading import cache
from tests.data.test_pictures_with_masks import pair, palette, values
from tests.data.test_pictures_with_texts import flickr
from tests.ui.shell.test_file_drops import drop
from tests.ui.shell.test_own_data import buttons, press, sources, told


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(cache, "folder", lambda: place)


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    for number in range(12):
        pair(tmp_path / "cells", f"{number}", palette(values(number, 0, 1, 2, 255, size=(16, 20))))
    return tmp_path / "cells"


def test_masks_on_an_empty_canvas_stand_with_a_net_for_segmentation(
    window: MainWindow, qtbot: Any, masks: Path
) -> None:
    """Fails if pictures and masks are taken for two classes, or the net is none that says something of each dot."""
    window.files.show_project(None)
    assert drop(window.windowHandle(), masks)
    assert "12 pictures in 4 classes: 0, 1, 2, ignored." in told(window, qtbot, "classes")
    project = window.qdocument.project
    assert sources(window) == ["PicturesWithMasks"]
    assert "UpsampleLike" in {node.type for node in project.graph.nodes.values()}
    assert infer(project).problems == ()
    window.undo()
    assert not window.qdocument.project.graph.nodes


def test_a_value_more_is_one_click_and_the_net_another(window: MainWindow, qtbot: Any, masks: Path) -> None:
    """Fails if the border cannot be made a class of its own, or the net still ignores it."""
    window.files.show_project(None)
    drop(window.windowHandle(), masks)
    told(window, qtbot, "ignored")
    press(window, qtbot, "one class for each value")
    qtbot.waitUntil(lambda: "ignored" not in window.data.card.sentence.text())
    qtbot.waitUntil(lambda: "Fit the net" in buttons(window))
    press(window, qtbot, "Fit the net")
    (loss,) = [n for n in window.qdocument.project.graph.nodes.values() if n.type == "CrossEntropyLoss"]
    assert loss.params["ignore_index"] == -100
    (source,) = [n for n in window.qdocument.project.graph.nodes.values() if n.type == "PicturesWithMasks"]
    assert source.params["classes"] == "in order"


def test_sentences_take_the_place_of_those_that_are_made_up(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if the words inside of the block that writes stay as many as they were, or it is more than one step."""
    flickr(tmp_path)
    for name in "ab":
        Image.fromarray(np.full((32, 32, 3), 9, np.uint8)).save(tmp_path / "Images" / f"{name}.png")
    window.files.open_template("caption")
    before = window.qdocument.project
    drop(window.windowHandle(), tmp_path)
    told(window, qtbot, "4 sentences")
    press(window, qtbot, "Use in place of")
    after = window.qdocument.project
    assert sources(window) == ["PicturesWithCaptions"]
    assert infer(after).problems == ()
    assert after.blocks["Writer"].graph.nodes["embed"].params["num_embeddings"] != 26
    window.undo()
    assert (window.qdocument.project.graph, window.qdocument.project.blocks) == (before.graph, before.blocks)
