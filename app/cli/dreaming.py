"""``dream``: pictures that excite a layer, films of them, and the same once more from the recipe in a file."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.interrupts import ending_at_once
from app.cli.out import Stop, Usage, complain, deliver
from app.cli.views import at_epoch, checked, loaded
from app.training.position import At, at_from, at_short, at_words
from nodes.api.params import BadSetting

if TYPE_CHECKING:
    import numpy as np

    from app.insight.dream.recipes import DreamRecipe
    from app.insight.view import Look, ViewStep

# A dream that nobody watches and could end may take longer than the window's.
STEPS = 256
SIDE = 768  # pixels of the longer side that a small picture is enlarged to, about
FRAMES = 60
FILMS = ("zoom", "steps", "epochs")


def dream(
    what: str | None,
    node: str | None,
    out: Path,
    film: Path | None,
    film_of: str,
    frames: int,
    zoom: float,
    again: Path | None,
    at: At | None,
    given: Mapping[str, str],
) -> int:
    """Write the last picture of a dream, of the net as it was ``at`` a kept moment if one is named, and a film if one
    was asked for."""
    if film_of not in FILMS:
        raise Usage(f"--film-of must be {', '.join(FILMS[:-1])} or {FILMS[-1]}, but it is {film_of}.")
    if not 2 <= frames <= 2000:
        raise Usage(f"--frames must be from 2 to 2,000, but it is {frames}.")
    if not 1 < zoom <= 2:
        raise Usage(f"--zoom must be above 1 and at most 2, but it is {zoom:g}.")
    if film is not None and film.suffix.lower() not in (".gif", ".mp4"):
        raise Usage(f"--film must name a .gif or an .mp4 file, but it is {film}.")
    if film is not None and film == out:
        raise Usage("--film and -o name the same file. Give each its own.")
    if again is not None:
        if at is not None:
            raise Usage("--again makes what is in a file once more. Leave --epoch out.")
        return _again(what, node, out, film, again, given)
    if what is None:
        raise Usage("Name a run or a drawing, such as: dream runs/first --node fc3 -o dream.png.")
    settings = {"steps": STEPS, **checked("dream", given)}
    settings = {name: value for name, value in settings.items() if value != ""}
    if not node:
        node = _node_of(settings)
    with ending_at_once():
        from app.insight.dream.recipes import DreamRecipe, fingerprint
        from app.insight.tiles import NoPicture
    run = loaded(what)
    if at is not None:
        run = at_epoch(run, what, at)
    about = {"of": film_of, "frames": frames, "zoom": zoom} if film is not None else {}
    named = what if at is None else f"{what}@{at_short(at)}"
    recipe = DreamRecipe(({"node": node, **settings},), named, fingerprint(run.model), about)
    try:
        return _made(run, recipe, out, film)
    except NoPicture as reason:
        raise Stop(str(reason)) from None


def _node_of(settings: Mapping[str, Any]) -> str:
    """The first layer of an objective."""
    from app.insight.dream.grammar import parse

    if not settings.get("objective"):
        raise Usage("Name what to dream of: --node conv2, or --objective 'conv2:3 - 0.5*fc1:7'.")
    try:
        return parse(str(settings["objective"]))[0].node
    except BadSetting as bad:
        raise Usage(f"--{bad}") from None


def _again(
    what: str | None, node: str | None, out: Path, film: Path | None, again: Path, given: Mapping[str, str]
) -> int:
    """Make what is in a file once more."""
    if node or given:
        flag = "--node" if node else f"--{next(iter(given))}"
        raise Usage(f"--again takes everything from the recipe in {again.name}. Leave {flag} out.")
    with ending_at_once():
        from app.insight.dream.recipes import fingerprint, read_recipe
        from app.insight.tiles import NoPicture
        from app.insight.view_runner import check
    try:
        recipe = read_recipe(again)
        for stage in recipe.stages:
            check("dream", {name: value for name, value in stage.items() if name not in ("node", "until")})
        if film is not None and not recipe.film:
            raise Stop(f"{again.name} was made without a film. Leave --film out.")
        run = _named(what or recipe.of)
        if fingerprint(run.model) != recipe.weights:
            complain(f"The weights of {what or recipe.of} are not those that {again.name} was dreamt with.")
        return _made(run, recipe, out, film)
    except BadSetting as bad:
        raise Stop(f"The recipe in {again.name} cannot be used: {bad}") from None
    except NoPicture as reason:
        raise Stop(str(reason)) from None


def _named(what: str) -> Any:
    """The run or drawing of a recipe, as it was at an epoch where that stands behind it: ``runs/first@12``."""
    folder, _, epoch = what.rpartition("@")
    at = at_from(epoch)
    if folder and at is not None and not Path(what).exists():
        return at_epoch(loaded(folder), folder, at)
    return loaded(what)


def _made(run: Any, recipe: DreamRecipe, out: Path, film: Path | None) -> int:
    from app.insight.dream.recipes import in_words, with_recipe
    from app.insight.pictures import npz, render

    look, steps = _dreamt(run, recipe)
    first, last = steps[0], steps[-1]
    maps = last.pictures[0].maps
    if out.suffix.lower() == ".npz":
        content = npz(last.pictures)
    elif len(maps) > 1:
        content = with_recipe(render(last.pictures[0], width=1280, max_height=1600), recipe)
    else:
        from app.insight.dream.films import crisp

        content = with_recipe(crisp(maps[0], SIDE), recipe)
    assert first.score is not None
    assert last.score is not None
    size = f"{maps.shape[2]}×{maps.shape[1]}"
    score = f"score {first.score:.2f} → {last.score:.2f} in {last.steps:,} steps, {size}"
    if film is not None:
        made = _film(run, look, recipe, steps, film)
        deliver(out, content, f"{in_words(recipe.stages)}, {score}")
        deliver(film, made, f"a film of {in_words(recipe.stages)}")
        return 0
    deliver(out, content, f"{in_words(recipe.stages)}, {score}")
    return 0


def _dreamt(run: Any, recipe: DreamRecipe) -> tuple[Look, list[ViewStep]]:
    """The steps of the last stage, which goes on with the picture of the one before. Of a dream without a film the
    first and the last alone."""
    from app.cli.progress import bar
    from app.insight.dream.wish import dreamt
    from app.insight.view import Look, Samples, Subject
    from app.insight.views import views

    going_on: np.ndarray | None = None
    kept: list[ViewStep] = []
    with ExitStack() as stack:
        shown = stack.enter_context(bar()) if sys.stdout.isatty() else None
        for stage in recipe.stages:
            own = dict(stage)
            look = Look(Subject(run.net, run.model, Samples({}, ()), folder=run.folder), str(own.pop("node")))
            until = int(own.pop("until", 0))
            settings = views()["dream"].settings(own)
            kept = []
            for step in dreamt(look, settings, going_on):
                if shown is not None:
                    if not kept:
                        shown.start("Dreaming", step.steps)
                    shown.at(step.done, "Dreaming", f"score {step.score:.2f}")
                if len(kept) > 1 and recipe.film.get("of") != "steps":
                    kept.pop()
                kept.append(step)
                if until and step.done >= until:
                    break
            going_on = kept[-1].pictures[0].maps[0]
    return look, kept


def _film(run: Any, look: Look, recipe: DreamRecipe, steps: list[ViewStep], film: Path) -> bytes:
    from app.insight.dream import films
    from app.insight.tiles import NoPicture
    from app.insight.views import views

    about = recipe.film
    kind, frames = about.get("of", "zoom"), int(about.get("frames", FRAMES))
    stage = {name: value for name, value in recipe.stages[-1].items() if name not in ("node", "until")}
    settings = views()["dream"].settings(stage)
    if len(steps[-1].pictures[0].maps) > 1:
        raise NoPicture("A film is of one picture. Choose one channel, and 1 for count.")

    def pictures() -> Iterator[np.ndarray]:
        size: tuple[int, int] | None = None
        if kind == "epochs":
            if run.folder is None or not Path(run.folder).is_dir():
                raise NoPicture("A drawing has no epochs. Name the folder of a run.")
            for epoch, image in films.through_epochs(Path(run.folder), look, settings):
                yield films.captioned(films.frame_of(image), at_words(epoch))
            return
        if kind == "steps":
            images: Iterator[np.ndarray] = (step.pictures[0].maps[0] for step in _some(steps, frames))
            last = films.frame_of(steps[-1].pictures[0].maps[0])
            size = (last.shape[0], last.shape[1])
        else:
            start = steps[-1].pictures[0].maps[0]
            images = films.zoom(look, settings, start, frames, float(about.get("zoom", 1.04)), 6)
        for image in images:
            yield films.frame_of(image, size)

    second = 2 if kind == "epochs" else 15
    return films.film_bytes(pictures(), film.suffix, per_second=second, comment=recipe.text())


def _some(steps: list[ViewStep], most: int) -> list[ViewStep]:
    every = max(1, -(-len(steps) // most))
    return [*steps[:-1:every], steps[-1]]
