"""What a dream leaves: its recipe, its picture in a file or in the gallery."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.ui.insight.dream_picture import side_by_side
from app.ui.insight.dream_wish import DreamOf
from app.ui.insight.slow_views import SlowViewState

SAVED_SIDE = 768  # pixels of the longer side of a saved picture, about
MOST_STAGES = 64


class DreamRecord:
    """What was done until now: each wish that was carried out, as far as it was."""

    def __init__(self) -> None:
        self._stages: list[dict[str, Any]] = []
        self._made: dict[str, str] = {}

    def begin(self) -> None:
        """A dream begins anew."""
        self._stages.clear()

    def add(self, wish: DreamOf, dreamt: SlowViewState) -> None:
        """This wish was carried out so far."""
        if wish.going_on is None:
            self._stages.clear()
        self._stages.append(_stage(wish, dreamt))
        self._made = dict(wish.made)

    def recipe(self, wish: DreamOf | None = None, dreamt: SlowViewState | None = None) -> dict[str, Any]:
        """What makes the same again; with a wish that is still being carried out."""
        stages, made = list(self._stages), self._made
        if wish is not None and dreamt is not None:
            stages = [*(stages if wish.going_on is not None else []), _stage(wish, dreamt)]
            made = wish.made
        return {"stages": tuple(stages[-MOST_STAGES:]), "of": made.get("of", ""), "weights": made.get("weights", "")}


def _stage(wish: DreamOf, dreamt: SlowViewState) -> dict[str, Any]:
    stage = {"node": wish.node or "", **dict(wish.settings)}
    if dreamt.step < dreamt.steps:
        stage["until"] = dreamt.step
    return {name: value for name, value in stage.items() if value != ""}


def png_of(dreamt: SlowViewState, recipe: dict[str, Any]) -> bytes:
    """A PNG file of what is seen, enlarged with crisp dots, with its recipe."""
    from app.insight.dream.films import crisp
    from app.insight.dream.recipes import DreamRecipe, with_recipe

    kept = DreamRecipe(**recipe) if recipe["stages"] else None
    return with_recipe(crisp(side_by_side(dreamt.shown.tiles.maps), SAVED_SIDE), kept)


def write(path: Path, dreamt: SlowViewState, recipe: dict[str, Any]) -> Path:
    """Write the picture to a PNG file, and give its name.

    Raises:
        OSError: if that is not possible.
    """
    from app.core.storage.files import write_atomic

    target = path if path.suffix.lower() == ".png" else path.with_name(path.name + ".png")
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(target, png_of(dreamt, recipe))
    return target


def keep(dreamt: SlowViewState, recipe: dict[str, Any]) -> None:
    """Put the picture into the gallery."""
    from app.insight.dream import gallery

    gallery.keep(png_of(dreamt, recipe))
