"""Pictures that explain layers: every layer has one, the curves are true, and F1 leads there."""

from __future__ import annotations

import contextlib
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from app.core.commands import SetSetting
from app.ui import theme
from app.ui.help.catalog import BY_CATEGORY, picture_of, some_layer
from app.ui.help.picture import HelpPicture, paint
from app.ui.window import MainWindow
from nodes.api import BadSetting, Built, Int, Layer, Param, Settings, Shape, Sheet, expression
from nodes.api.curves import Curve, softmax
from nodes.api.layer import layer as declared
from nodes.api.registry import CATEGORIES, find, layers, set_yours
from tests.support.patience import settle
from tests.ui.shell.hands import press

ROOT = Path(__file__).parents[3]


def drawn(node_type: str, category: str, width: int = 270, height: int = 113, **settings: Any) -> tuple[QImage, str]:
    """The picture on the ground of a panel, and its sentence."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(theme.color("panel"))
    painter = QPainter(image)
    try:
        sentence = paint(painter, QRectF(0, 0, width, height), node_type, category, settings)
    finally:
        painter.end()  # an image that goes while it is painted on takes the program with it
    return image, sentence


def curve_of(node_type: str) -> Curve:
    """What is plotted for a layer."""
    layer = find(node_type)
    assert layer is not None
    assert layer.curve is not None
    return layer.curve


def colours(image: QImage) -> int:
    """How many different colours there are in the picture."""
    return len({image.pixel(x, y) for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)})


@pytest.mark.parametrize("name", theme.NAMES)
def test_every_layer_has_a_picture_in_every_theme(qapp: QApplication, name: str) -> None:
    """Fails if a layer has no picture, it is empty, or its sentence is missing."""
    theme.apply(qapp, name)
    for layer in layers().values():
        image, sentence = drawn(layer.id, layer.category)
        assert colours(image) >= 4, layer.id
        assert sentence.endswith("."), layer.id
    theme.apply(qapp, "dark")


def test_every_category_has_one_of_its_own(qapp: QApplication) -> None:
    """Fails if a new layer in a known category would get the picture that says nothing."""
    for category in CATEGORIES:
        if category != "yours":
            assert picture_of(None, category) is not some_layer, category
    assert picture_of(None, "yours") is some_layer
    assert picture_of(None, "block") is BY_CATEGORY["block"]
    assert set(BY_CATEGORY) - {"block"} <= set(CATEGORIES)


def test_a_picture_follows_the_settings(qapp: QApplication) -> None:
    """Fails if a larger kernel, another share or another slope looks the same as before."""
    for node_type, setting, first, second in (
        ("Conv2d", "kernel_size", (3, 3), (5, 5)),
        ("Conv2d", "stride", (1, 1), (2, 2)),
        ("Dropout", "p", 0.2, 0.8),
        ("LeakyReLU", "negative_slope", 0.01, 0.5),
        ("HuberLoss", "delta", 0.5, 2.0),
        ("MultiheadAttention", "causal", False, True),
        ("Upsample", "scale_factor", 2, 3),
    ):
        layer = find(node_type)
        assert layer is not None
        one, _ = drawn(node_type, layer.category, **{setting: first})
        other, _ = drawn(node_type, layer.category, **{setting: second})
        assert one != other, (node_type, setting)
    assert "5×5" in drawn("Conv2d", "convolution", kernel_size=(5, 5))[1]


def test_settings_from_a_bad_file_do_no_harm(qapp: QApplication) -> None:
    """Fails if a value that makes no sense ends in an error instead of a picture."""
    for layer in layers().values():
        for value in (None, "nonsense", -3, 0, 10**9, (), (0, 0), 1e300, float("nan"), float("inf"), True, [1, "a"]):
            drawn(layer.id, layer.category, **{param.name: value for param in layer.params})


def test_a_window_of_one_value_is_drawn(qapp: QApplication) -> None:
    """Fails if a pooling with a window of one value, which the layer allows, has no picture."""
    for node_type in ("MaxPool2d", "AvgPool2d"):
        assert "1×1" in drawn(node_type, "pooling", kernel_size=(1, 1))[1]


def test_an_own_layer_whose_drawing_fails_has_that_of_its_category(qapp: QApplication) -> None:
    """Fails if a mistake in a drawing of the user's own ends in an error, or its own drawing is not used at all."""

    def draw(sheet: Sheet, settings: Settings) -> str:
        sheet.disc(120, 50, 1 / settings["size"], "family")
        return "A disc."

    @declared(
        id="Disc", name="Disc", category="pooling", picture=draw, params=[Int("size", 1, help="How large it is.")]
    )
    def disc(x: Shape, *, size: int) -> Built:
        """A disc."""
        return Built(expression("{x}"), output=x)

    set_yours([disc])
    try:
        assert drawn("Disc", "pooling")[1] == "A disc."
        assert drawn("Disc", "pooling", size=0)[1] == drawn("nobody", "pooling")[1]
    finally:
        set_yours(())


@pytest.mark.parametrize(
    "node_type", sorted(each.id for each in layers().values() if each.curve and each.category == "activation")
)
def test_activation_curves_are_those_of_torch(node_type: str) -> None:
    """Fails if a student is shown another function than the one that is computed."""
    import torch

    from app.core.compile.net import compile_net
    from app.core.graph.model import Graph, Project, Wire
    from tests.support.drawings import node

    graph = Graph.of(
        [node("x", "Input", shape=(81,)), node("it", node_type), node("y", "Output")],
        [Wire("x", "output", "it", find(node_type).inputs[0].name), Wire("it", "output", "y", "x")],  # type: ignore[union-attr]
    )
    net = compile_net(Project(graph=graph))
    layer = find(node_type)
    assert layer is not None
    across = torch.linspace(-4, 4, 81)
    with torch.no_grad():
        (result,) = net.outputs(net.model().eval()(across[None])).values()
    values = result.flatten().tolist()
    for x, value in zip(across.tolist(), values, strict=True):
        assert curve_of(node_type).functions[0](x, layer.defaults()) == pytest.approx(value, abs=2e-5), x


@pytest.mark.parametrize(
    ("node_type", "torch_name", "settings"),
    [
        ("MSELoss", "mse_loss", {}),
        ("L1Loss", "l1_loss", {}),
        ("HuberLoss", "huber_loss", {"delta": 0.7}),
    ],
)
def test_loss_curves_are_those_of_torch(node_type: str, torch_name: str, settings: dict[str, float]) -> None:
    """Fails if the curve of a loss is another one than torch computes."""
    import torch

    for x in (-2.0, -0.6, 0.0, 0.3, 1.5):
        real = getattr(torch.nn.functional, torch_name)(torch.tensor(x), torch.tensor(0.0), **settings)
        assert curve_of(node_type).functions[0](x, settings) == pytest.approx(float(real), abs=1e-6)


def test_logit_losses_and_shares_are_those_of_torch() -> None:
    """Fails if the curves of the losses over one prediction, or the bars of softmax, are made up."""
    import torch
    from torch.nn import functional

    for x in (-3.0, -0.5, 0.0, 2.0):
        for target, function in zip((1.0, 0.0), curve_of("BCEWithLogitsLoss").functions, strict=True):
            real = functional.binary_cross_entropy_with_logits(torch.tensor(x), torch.tensor(target))
            assert function(x, {}) == pytest.approx(float(real), abs=1e-6)
    assert softmax([1.0, 3.0, -2.0]) == pytest.approx(torch.tensor([1.0, 3.0, -2.0]).softmax(0).tolist(), abs=1e-6)
    assert math.isnan(curve_of("Log").functions[0](-1.0, {}))


def test_pictures_need_no_torch() -> None:
    """Fails if opening the window waits for torch because of a picture."""
    code = "import sys, app.ui.help.picture; print(any(name in sys.modules for name in ('torch', 'numpy')))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# In the window


def test_f1_shows_the_picture_of_the_selected_layer(window: MainWindow, qtbot: Any) -> None:
    """Fails if F1 leads nowhere, to the wrong layer, or the picture lies outside of what can be seen."""
    window.canvas.select(("conv2",))
    window.docks.docks["inspector"].close()
    window.canvas.setFocus()
    press(qtbot, window, "F1")
    settle()
    picture = window.inspector.nodes.picture
    assert picture.isVisible()
    assert "5×5" in picture.caption.text()
    assert picture.drawn.accessibleName() == f"Picture: {picture.caption.text()}"
    assert picture.drawn.visibleRegion().boundingRect().height() > picture.drawn.height() / 2
    window.qdocument.do(SetSetting("", ("conv2",), "kernel_size", (3, 3)))
    assert "3×3" in picture.caption.text()


def test_f1_with_nothing_selected_says_what_to_do(window: MainWindow, qtbot: Any) -> None:
    """Fails if the key seems to be broken."""
    window.canvas.select(())
    window.actions_table["explain"].trigger()
    assert "Select a layer" in window.status.message.full_text


@pytest.mark.parametrize("layer", layers().values(), ids=lambda layer: layer.id)
def test_the_picture_follows_every_setting_that_it_shows(layer: Layer, qapp: QApplication, qtbot: Any) -> None:
    """Fails if the sentence of an earlier setting stayed, because the picture was thought not to depend on it."""
    followed = HelpPicture()
    qtbot.addWidget(followed)
    followed.show_layer(layer.id, layer.category, {})
    for param in layer.params:
        for value in _others(param):
            settings = {param.name: value}
            fresh = HelpPicture()
            qtbot.addWidget(fresh)
            fresh.show_layer(layer.id, layer.category, settings)
            followed.show_layer(layer.id, layer.category, settings)
            assert followed.caption.text() == fresh.caption.text(), settings


def _others(param: Param) -> Iterator[Any]:
    """Values of a setting other than its default."""
    for value in (2, 3, 0.25, True, False, (2, 2), (3, 1), *getattr(param, "options", ())):
        with contextlib.suppress(BadSetting):
            if param.check(value) != param.default:
                yield param.check(value)


def test_the_picture_is_not_drawn_anew_for_a_setting_it_does_not_show(qtbot: Any, monkeypatch: Any) -> None:
    """Fails if each edit of the number of filters paid for a picture that cannot look different."""
    picture = HelpPicture()
    qtbot.addWidget(picture)
    picture.show_layer("Conv2d", "convolution", {"out_channels": 6})
    drawn: list[str] = []
    monkeypatch.setattr(picture.caption, "setText", drawn.append)
    picture.show_layer("Conv2d", "convolution", {"out_channels": 7})
    assert not drawn
    picture.show_layer("Conv2d", "convolution", {"out_channels": 7, "kernel_size": (5, 5)})
    assert len(drawn) == 1


def test_the_picture_is_crisp_and_as_high_as_it_is_wide(qapp: QApplication, qtbot: Any) -> None:
    """Fails if a wide panel stretches the picture, or a narrow one cuts it off."""
    picture = HelpPicture()
    qtbot.addWidget(picture)
    picture.show_layer("Conv2d", "convolution", {})
    for width in (150, 260, 900):
        assert picture.drawn.heightForWidth(width) == round(min(width, 420) / 2.4)
    picture.resize(300, 300)
    picture.show()
    settle()
    assert picture.caption.focusPolicy() == Qt.FocusPolicy.NoFocus
