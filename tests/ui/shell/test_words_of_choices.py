"""Choices that ask for the room of their words."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QStyle, QStyleOptionComboBox, QWidget
from pytestqt.qtbot import QtBot

from app.core.commands import SetRecipe
from app.core.document import Document
from app.core.storage import templates
from app.ui.inspector.boxes import CalmCombo
from app.ui.qdocument import QDocument
from app.ui.training.recipe_form import RecipeForm
from tests.support.patience import settle


def test_a_choice_is_as_wide_as_its_longest_word_where_there_is_room(qtbot: QtBot) -> None:
    """Fails if "paintedpoints1" or "Mean absolute error" is cut beside a field that has room to give, or the choice
    keeps a narrow window from becoming narrower."""
    row, choice, field = QWidget(), CalmCombo(), QLineEdit()
    qtbot.addWidget(row)
    choice.ask_for_all()
    layout = QHBoxLayout(row)
    layout.addWidget(choice)
    layout.addWidget(field, 1)
    row.resize(800, 40)
    row.show()
    choice.addItems(["digits", "Mean absolute error of all answers"])
    settle()
    assert choice.width() > choice.fontMetrics().horizontalAdvance("Mean absolute error of all answers")
    assert choice.minimumSizeHint().width() < choice.fontMetrics().horizontalAdvance(
        "Mean absolute error of all answers"
    )


def test_the_recipe_tells_of_what_is_chosen(qtbot: QtBot) -> None:
    """Fails if nobody who chooses Muon reads that AdamW trains what is no matrix, or still reads it with SGD."""
    qdocument = QDocument(Document(templates.load("mlp_digits")))
    form = RecipeForm(qdocument)
    qtbot.addWidget(form)
    (combo,) = form.editors["optimizer"].fields()
    qdocument.do(SetRecipe(setting="optimizer", value="Muon"))
    assert "trained by AdamW" in combo.toolTip()
    qdocument.do(SetRecipe(setting="optimizer", value="SGD"))
    assert "AdamW" not in combo.toolTip()
    assert "SGD" in combo.toolTip()


def test_no_empty_line_stands_where_a_curve_would_be(qtbot: QtBot) -> None:
    """Fails if the settings below a constant rate stand a line lower than those beside them, or the curve of a cosine
    has no place."""
    qdocument = QDocument(Document(templates.load("mlp_digits")))
    form = RecipeForm(qdocument)
    qtbot.addWidget(form)
    form.resize(440, 700)
    form.show()
    settle()
    apart = form.editors["clip_norm"].y() - form.editors["warmup"].y()
    assert apart == form.editors["warmup"].y() - form.editors["schedule"].y()
    assert form.rate.isHidden()
    qdocument.do(SetRecipe(setting="schedule", value="cosine"))
    settle()
    assert form.rate.isVisible()
    assert form.editors["warmup"].y() < form.rate.y() < form.editors["clip_norm"].y()


def test_a_word_without_room_ends_with_an_ellipsis(qtbot: QtBot) -> None:
    """Fails if a letter is cut in two: what is drawn in a narrow field must be what the shortened word looks like."""
    long, short = CalmCombo(), CalmCombo()
    for combo in (long, short):
        qtbot.addWidget(combo)
        combo.addItem("reduce-on-plateau")
        combo.resize(108, 24)
        combo.show()
    settle()
    option = QStyleOptionComboBox()
    short.initStyleOption(option)
    room = (
        short.style()
        .subControlRect(QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, short)
        .width()
    )
    short.setItemText(0, short.fontMetrics().elidedText("reduce-on-plateau", Qt.TextElideMode.ElideRight, room))
    assert short.currentText().endswith("…")
    settle()
    assert long.grab().toImage() == short.grab().toImage()
