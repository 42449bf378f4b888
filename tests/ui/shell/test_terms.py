"""The words of the window: titles of steps, a stride that follows the kernel, what stands first, names cut short."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QStyle, QStyleOptionViewItem

from app.core.commands import ExposeSetting, ResetSetting, SetRecipe, SetSetting
from app.core.graph.recipe import SETTINGS
from app.ui import theme
from app.ui.docks import LEFT_WIDTH
from app.ui.inspector.numbers import SidesEditor, WordedEditor
from app.ui.palette.panel import PalettePanel
from app.ui.palette.short import ShortNames
from app.ui.qdocument import QDocument
from app.ui.scale import show_at
from nodes.api.registry import layers
from tests.support.patience import settle
from tests.ui.shell.hands import Show, editor, type_over

POOLS = ("MaxPool1d", "MaxPool2d", "MaxPool3d", "AvgPool1d", "AvgPool2d", "AvgPool3d")


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_steps_of_the_recipe_go_by_the_students_words(lenet: QDocument, setting: Any) -> None:
    """Would fail if the undo menu said lr, where the panel says learning rate."""
    now = getattr(lenet.project.recipe, setting.name)
    other = next(o for o in setting.options if o != now) if hasattr(setting, "options") else now / 2 or 0.5
    if type(now) is tuple:
        other = (other,) if (other,) != now else ()
    if type(now) is int:
        other = now + 1
    assert lenet.do(SetRecipe(setting=setting.name, value=other))
    assert lenet.document.undo_title == f"Set {setting.title}"


def test_steps_of_layers_go_by_the_students_words(lenet: QDocument) -> None:
    """Would fail if a step were named after torch's word where the inspector shows another."""
    lenet.do(SetSetting("", ("conv1",), "out_channels", 7))
    assert lenet.document.undo_title == "Set filters of conv1"
    lenet.do(SetSetting("", ("conv1", "conv2"), "kernel_size", (1, 1)))
    assert lenet.document.undo_title == "Set kernel of 2 layers"
    lenet.do(ResetSetting("", ("conv1",), "out_channels"))
    assert lenet.document.undo_title == "Reset filters of conv1"
    command = ExposeSetting("part", "conv1", "kernel_size")
    assert "_" not in command.step_title


@pytest.mark.parametrize("name", POOLS)
def test_a_stride_that_follows_the_kernel_is_a_word(name: str) -> None:
    """Would fail if a stride of 0 × 0 were shown; what runs stays 0, so that the code is the same."""
    param = layers()[name].param("stride")
    assert param is not None
    assert param.format(param.default) == "as kernel"
    assert param.format(param.check(2)) == ("2" if name.endswith("1d") else "×".join("2" * int(name[-2])))


@pytest.mark.parametrize("name", POOLS)
def test_one_goes_from_the_word_to_a_number_and_back(name: str, single: Any, show: Show, qtbot: Any) -> None:
    """Would fail if the first number were none, the word could not be chosen again, or 0 were shown."""
    qdocument = single(name)
    panel = show(qdocument, "it")
    field = editor(panel, "stride")
    assert isinstance(field, WordedEditor)
    assert field.word.isVisible()
    assert field.word.currentText() == "as kernel"
    start = qdocument.project.graph.nodes["it"].params["stride"]
    field.word.setCurrentText("number")
    one = qdocument.project.graph.nodes["it"].params["stride"]
    assert one == (1 if isinstance(start, int) else (1,) * len(start))
    assert not field.word.isVisible()
    box = field.numbers.boxes[0] if isinstance(field.numbers, SidesEditor) else field.numbers.fields()[0]
    type_over(qtbot, box, "3")
    assert 3 in (qdocument.project.graph.nodes["it"].params["stride"], *_sides(qdocument))
    field.menu.actions()[0].trigger()
    assert qdocument.project.graph.nodes["it"].params["stride"] == start
    assert field.word.isVisible()


def _sides(qdocument: QDocument) -> tuple[int, ...]:
    value = qdocument.project.graph.nodes["it"].params["stride"]
    return value if isinstance(value, tuple) else (value,)


def test_repeat_and_shared_weights_stand_above_the_settings(lenet: QDocument, show: Show) -> None:
    """Would fail if one had to scroll past the help to see that a layer stands there three times."""
    panel = show(lenet, "conv1")
    top = panel.nodes._settings.mapTo(panel.nodes, QPoint()).y()
    for part in (panel.nodes.repeat, panel.nodes.shares):
        assert part.isVisible()
        assert part.mapTo(panel.nodes, QPoint()).y() < top


@pytest.mark.parametrize("scale", [0.75, 1.0, 1.25, 1.5, 2.0])
@pytest.mark.parametrize("in_block", [False, True])
def test_names_that_are_cut_still_differ(qapp: QApplication, qtbot: Any, scale: float, in_block: bool) -> None:
    """Would fail if two rows of the palette showed the same words, such as Transposed convolut… twice."""
    before = theme.scale()
    show_at(qapp, scale)
    try:
        panel = PalettePanel()
        qtbot.addWidget(panel)
        panel.show_for(in_block)
        panel.resize(round(LEFT_WIDTH * scale), 700)
        panel.show()
        settle()
        tree = panel.tree
        shown = ShortNames(tree)
        seen: dict[str, str] = {}
        for type_id, item in panel._items.items():
            name = item.text(0)
            option = QStyleOptionViewItem()
            tree.initViewItemOption(option)
            option.rect = tree.visualItemRect(item)  # type: ignore[attr-defined]
            shown.initStyleOption(option, tree.indexFromItem(item))
            words = option.text  # type: ignore[attr-defined]
            area = tree.style().subElementRect(QStyle.SubElement.SE_ItemViewItemText, option, tree)
            lines = words.split("\N{LINE SEPARATOR}")
            widest = max(tree.fontMetrics().horizontalAdvance(line) for line in lines)
            assert widest <= area.width(), f"{words} would be cut once more"
            assert area.height() >= len(lines) * tree.fontMetrics().lineSpacing(), f"{words} has no room for its lines"
            assert words not in seen, f"{name} and {seen[words]} are both shown as {words}"
            seen[words] = name
            assert name in item.toolTip(0) or type_id in item.toolTip(0)
    finally:
        show_at(qapp, before)
