"""The metrics that a template names are those that it has answers for."""

from __future__ import annotations

from app.core.compile.measuring import measured
from app.core.compile.plan import make_plan
from app.core.storage import templates


def test_the_forecast_measures_what_it_names() -> None:
    """Fails if a forecast of numbers names accuracy again, and its epochs tell nothing but the loss."""
    project = templates.load("forecast_lstm")
    assert set(measured(make_plan(project))) == set(project.recipe.metrics) == {"mae"}
