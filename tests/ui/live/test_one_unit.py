"""Numbers of one plot are written in one way: the axis of the curves, and what the pointer reads from them."""

from __future__ import annotations

import re

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.ui.training.curves import Curves
from tests.support.patience import settle


@pytest.fixture
def curves(qtbot: QtBot) -> Curves:
    widget = Curves()
    qtbot.addWidget(widget)
    widget.resize(900, 300)
    widget.show()
    settle()
    return widget


@pytest.mark.parametrize("high", [2e-4, 0.003, 0.7, 40.0, 2.5e5, 3e7])
def test_the_axis_has_one_power_of_ten(high: float, curves: Curves) -> None:
    """Fails if 5e−5 stands below 0.0001, or 500000 below 1e6, or two ticks have the same words."""
    curves.loss.frame(10, 0.0, high)
    settle()
    axis = curves.loss.view.getPlotItem().getAxis("left")
    levels = axis.tickValues(*axis.range, axis.height())
    for spacing, values in levels[:2]:
        marks = [float(value) for value in values]
        words = axis.tickStrings(marks, 1.0, spacing)
        assert len(set(words)) == len(marks)
        forms = {re.sub(r".*?(e.*)?$", r"\1", word) for word, mark in zip(words, marks) if mark != 0}
        assert len(forms) <= 1, words
        for word, mark in zip(words, marks):
            assert float(word.replace("−", "-")) == pytest.approx(mark, abs=spacing / 100)


def test_the_pointer_reads_both_curves_in_one_unit(curves: Curves) -> None:
    """Fails if one loss is read as 4.1e−05 and the other as 0.0123."""
    epochs = np.array([1.0, 2.0])
    curves.loss.draw("train", epochs, np.array([0.5, 4.1e-5]))
    curves.loss.draw("validation", epochs, np.array([0.6, 0.0123]))
    assert curves.loss.values_at(2.0) == "epoch 2: training 0.000041, validation 0.0123"
    assert curves.loss.values_at(1.0) == "epoch 1: training 0.5, validation 0.6"
    # Fails if the line under the mouse says "training 0.5 0.6", with the word in between lost.
    assert curves.loss.values_at(1.0, lines=True) == "epoch 1\ntraining 0.5\nvalidation 0.6"
    curves.accuracy.draw("train", epochs, np.array([50.0, 99.0]))
    assert curves.accuracy.values_at(2.0) == "epoch 2: training 99.0 %"
