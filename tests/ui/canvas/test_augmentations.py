"""Augmentations in the search of the canvas: offered behind the data, and not inside the net."""

from __future__ import annotations

from app.core.graph.model import Wire
from app.core.inference import infer
from app.core.storage.templates import load
from app.ui.canvas import ranking
from app.ui.canvas.placing import PortAt, Situation

LENET = load("lenet_digits")
SITUATION = Situation(LENET, infer(LENET), "")


def test_a_wire_from_the_data_takes_an_augmentation() -> None:
    """Fails if an augmentation cannot be put on the wire behind the data, or is offered on one inside the net."""
    first = ranking.between(SITUATION, Wire("digits", "image", "conv1", "x"))
    later = ranking.between(SITUATION, Wire("conv1", "output", "relu1", "x"))
    assert "RandomShift" in {offer.type_id for offer in first if not offer.unfit}
    assert "RandomShift" not in {offer.type_id for offer in later}


def test_behind_a_layer_it_is_said_where_an_augmentation_belongs() -> None:
    """Fails if an augmentation is offered behind a layer as if it fitted there."""
    assert ranking.why_unfit(SITUATION, "RandomShift", PortAt("digits", "image", True)) == ""
    assert "behind the data" in (ranking.why_unfit(SITUATION, "RandomShift", PortAt("conv1", "output", True)) or "")
