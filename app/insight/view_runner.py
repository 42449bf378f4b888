"""What a view shows of a run: ``inspect RUN --view VIEW --node NAME -o OUT.png``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from app.insight.view import IMAGE, SAMPLE, Look, Samples, Subject, View, ViewStep
from app.insight.views import views
from nodes.api.params import BadSetting

Options = Mapping[str, Any]
MOST_NAMED = 6


def check(name: str, options: Options) -> View:
    """The view of that name, if it has these options and they can take these values.

    Raises:
        BadSetting: if not, with what there is.
    """
    known = views()
    if name not in known:
        near = get_close_matches(name, known, n=3, cutoff=0.65)
        which = f"Did you mean {' or '.join(near)}?" if near else f"Choose from {', '.join(known)}."
        raise BadSetting(f"There is no view {name!r}. {which}")
    view = known[name]
    every = sorted({param.name for each in known.values() for param in each.asked})
    has = {param.name: param for param in view.asked}
    for option, value in options.items():
        if option not in every:
            raise BadSetting(f"There is no option {option!r} for a view. There are: {', '.join(every)}.")
        if option not in has:
            having = [each.name for each in known.values() if option in {p.name for p in each.asked}]
            others = " and ".join(having[:MOST_NAMED])
            others += f" and {len(having) - MOST_NAMED} more" if len(having) > MOST_NAMED else ""
            raise BadSetting(
                f"The view {name} has no option {option}; that is for {others}. It has: {', '.join(has) or 'none'}."
            )
        has[option].check(value)
    return view


def steps_of(run: Any, name: str, node: str | None = None, options: Options | None = None) -> Iterator[ViewStep]:
    """What a view shows of a ``LoadedRun``, step by step; one step if the view is quick.

    Raises:
        BadSetting: for a view or an option that does not exist.
        NoPicture: if this run, or this node of it, cannot be shown.
    """
    from app.insight.samples import picture_of

    options = dict(options or {})
    view = check(name, options)
    sample, samples = 0, Samples({}, ())
    if view.sample:
        sample = int(SAMPLE.check(options.pop(SAMPLE.name, SAMPLE.default)))
        image = IMAGE.check(options.pop(IMAGE.name, IMAGE.default))
        samples = picture_of(run, image) if image else _samples(run)
    elif view.several:
        samples = _samples(run)
    yield from view.steps(Look(Subject(run.net, run.model, samples, folder=run.folder), node or "", sample), options)


def _samples(run: Any) -> Samples:
    """Those that were kept out of training; where no data is drawn, what the window shows in its place."""
    from app.insight.samples import load_samples, validation_samples

    return validation_samples(run) if run.net.plan.sources else load_samples(run.net, run.project.recipe)
