"""Two looks side by side with the difference in between: two samples, two epochs of a run, or two runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from app.insight.numbers import percent
from app.insight.tiles import ColormapName, NoPicture, Tiles, rising_scale, signed_scale
from app.insight.view import Look, Samples, Subject
from app.insight.views import views
from app.training.checkpoints import BadRun, load_run
from app.training.position import At, at_words

COMPARED = ("activations", "gradients", "filters")  # quick views whose pictures are numbers of one layer


def other_look(look: Look, sample: int | None, epoch: At | None, run: str) -> tuple[Look, str, str]:
    """The look that this one is compared with, and what both are called.

    Args:
        look: this one.
        sample: another sample; None for the same.
        epoch: another epoch of the run, or of the other one, or a step within it; None for the one that it stands at.
        run: the folder of another run, or its name beside this one; empty for the same.

    Raises:
        NoPicture: if there is no such run or epoch, or nothing of all that differs.
    """
    if sample is None and epoch is None and not run:
        raise NoPicture("Say what to compare with: another sample, another epoch, or another run.")
    subject, here, there = look.subject, [], []
    if run:
        folder = _folder(run, subject)
        subject = _of_run(subject, folder)
        here.append("this run" if look.subject.folder is None else look.subject.folder.name)
        there.append(folder.name)
    if epoch is not None:
        subject = _at(subject, epoch)
        here.append(look.subject.caption or "now")
        there.append("the beginning" if epoch == 0 else at_words(epoch))
    samples = look.subject.samples if look.others is None or sample is None else look.others
    other = Look(replace(subject, samples=samples), look.node, look.sample if sample is None else sample)
    if sample is not None:
        here.append(_name(look.subject.samples, look.sample))
        there.append(_name(samples, sample))
    return other, ", ".join(here), ", ".join(there)


def _name(samples: Samples, index: int) -> str:
    word = samples.names[index] if 0 <= index < len(samples.names) else ""
    return f"sample {index}{f' ({word})' if word else ''}"


def _folder(run: str, subject: Subject) -> Path:
    """The folder of a run, by its path or by its name beside this one."""
    path = Path(run).expanduser()
    beside = subject.folder.parent / run if subject.folder is not None else None
    if not path.is_dir() and beside is not None and beside.is_dir():
        return beside
    if not path.is_dir():
        raise NoPicture(f"There is no folder {run}. Name the folder of a run, as the panel Runs shows it.")
    return path


def _of_run(subject: Subject, folder: Path) -> Subject:
    try:
        found = load_run(folder)
    except BadRun as reason:
        raise NoPicture(str(reason)) from None
    return replace(subject, net=found.net, model=found.model, folder=folder, caption=f"epoch {found.epoch}")


def _at(subject: Subject, epoch: At) -> Subject:
    from app.insight.time.epochs import KeptNets

    if subject.folder is None:
        raise NoPicture("Only a run that was kept has other epochs. Train first, or open a run.")
    samples = subject.samples
    try:
        return replace(KeptNets().subject(subject, subject.folder, epoch), samples=samples)
    except BadRun as reason:
        raise NoPicture(str(reason)) from None


def compared(look: Look, other: Look, what: str, unit: int | None, here: str, there: str) -> tuple[Tiles, ...]:
    """Both pictures on one scale, and the difference, other minus this, in between.

    Raises:
        NoPicture: if one of them has none, or they have different forms.
    """
    one = _picture(look, what, "")
    two = _picture(other, what, f"{there}: ")
    if one.layout != two.layout or one.maps.shape != two.maps.shape:
        sizes = [" × ".join(map(str, each.maps.shape)) for each in (one, two)]
        raise NoPicture(f"{look.node or 'This layer'} has {sizes[0]} numbers here and {sizes[1]} there: no difference.")
    first, second = _values(one), _values(two)
    if unit is not None:
        first, second = _unit(one, first, unit), _unit(two, second, unit)
    labels = one.labels if unit is None or one.layout == "bars" else (str(unit),)
    both = np.concatenate([first.reshape(-1), second.reshape(-1)])
    signed = one.colormap in ("diverging", "rgb")
    low, high = signed_scale(both) if signed else rising_scale(np.append(both, 0.0) if one.layout == "bars" else both)
    colours: ColormapName = "diverging" if signed else "viridis"
    gap = second - first
    size, most = float(np.sqrt((gap.astype(np.float64) ** 2).sum())), float(np.abs(gap).max())
    norm = float(np.sqrt((first.astype(np.float64) ** 2).sum()))
    share = f", {percent(size / norm)} of its norm" if norm else ""
    same = "They are equal." if not size else f"Norm of the difference {size:.3g}{share}; at most {most:.3g}."
    plain = replace(one, note="", left_out="", whole=(), percent=False, shares=(), shares_from="", labels=labels)
    shown = replace(plain, maps=first, low=low, high=high, colormap=colours, title=here)
    reach = signed_scale(gap)
    between = replace(
        shown,
        maps=gap,
        low=reach[0],
        high=reach[1],
        colormap="diverging",
        title="difference: right − left",
        note=same,
        source=None,
        cells=None,
    )
    return shown, between, replace(shown, maps=second, title=there, source=two.source, cells=None)


def _picture(look: Look, what: str, where: str) -> Tiles:
    try:
        return views()[what].pictures(look, {})[0]
    except NoPicture as reason:
        raise NoPicture(f"{where}{reason}") from None


def _values(tiles: Tiles) -> np.ndarray:
    """The numbers of a picture; of colours those that they stand for."""
    if tiles.colormap != "rgb":
        return tiles.maps
    values = tiles.low + tiles.maps * (tiles.high - tiles.low)
    return values.mean(-1)


def _unit(tiles: Tiles, values: np.ndarray, unit: int) -> np.ndarray:
    """One channel, or one number of a list."""
    if tiles.layout == "bars":
        if not 0 <= unit < values.size:
            raise NoPicture(f"There is no unit {unit}; there are {values.size}, counted from 0.")
        return values
    if not 0 <= unit < len(values):
        raise NoPicture(f"There is no unit {unit}; there are {len(values)}, counted from 0.")
    return values[unit : unit + 1]
