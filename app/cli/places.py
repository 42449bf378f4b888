"""Where a training writes its run: never over anything, and not where another one is beginning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from app.cli.out import Stop
from app.core.graph.model import Project
from app.core.variants.axes import BadVariants
from app.core.variants.drawings import value_now, with_values
from app.training.comparison import differences
from app.training.folder import FILES, METRICS, WEIGHTS
from app.training.kept_runs import drawing_of


@contextmanager
def place_of(out: Path | None, resume: Path | None, stem: str) -> Iterator[Path]:
    """The folder of the run: the one that is asked for, that of the run to continue, or a fresh one.

    A new run holds its folder from the beginning, so that another one that is started at the same moment takes another.
    Nothing is left of it if no run comes about.

    Raises:
        Stop: if a new run would write over something.
    """
    if resume is not None and (out is None or out.resolve() == resume.resolve()):
        yield resume if out is None else out
        return
    made: list[Path] = []
    folder = out if out is not None else _fresh(Path("runs"), stem, made)
    try:
        made += _held(folder)
        yield folder
    finally:
        if not (folder / WEIGHTS).exists():
            ours = [folder / name for name in FILES] if folder in made else []
            for path in (*ours, *reversed(made)):
                with suppress(OSError):
                    path.rmdir() if path.is_dir() else path.unlink()


def check_free(folder: Path, remedy: str = "Choose another folder.") -> None:
    """Refuse a folder in which a run would write over something; ``remedy`` is for one that holds a run.

    Raises:
        Stop: if it holds a run, or files of the names that a run has.
    """
    if (folder / WEIGHTS).exists():
        raise Stop(f"{folder} holds a run already. {remedy}")
    taken = [name for name in FILES if (folder / name).exists()]
    if taken:
        raise Stop(f"{folder} holds {taken[0]} already, and a run would write over it. Choose another folder.")


def check_free_for_sweep(folder: Path, project: Project, varied: Sequence[str]) -> None:
    """Refuse a folder in which the runs of a sweep would lie among other things. Runs of ``project`` that differ in
    nothing but the settings that are ``varied`` belong to the sweep, whatever values they were given.

    Raises:
        Stop: if it is a run itself, or holds runs of another drawing or recipe.
    """
    remedy = "Choose another folder for the sweep."
    check_free(folder, remedy)
    try:
        inside = sorted(path.parent for path in folder.glob(f"*/{WEIGHTS}"))
    except OSError:
        return  # the sweep says what is wrong with the place
    for run in inside:
        if not _belongs(drawing_of(run), project, varied):
            raise Stop(f"{folder} holds a run of another drawing or recipe already, {run.name}. {remedy}")


def _belongs(drawing: Project | None, project: Project, varied: Sequence[str]) -> bool:
    if drawing is None:
        return False
    try:
        values = {name: value_now(drawing, name) for name in varied}
        values = {name: value for name, value in values.items() if value != value_now(project, name)}
    except BadVariants:  # a layer or a setting is missing in one of them
        return set(drawing.graph.nodes) == set(project.graph.nodes)
    try:
        return not differences(drawing, with_values(project, values))
    except BadVariants:  # values that cannot be told apart from here: the sweep compares those that it trains itself
        return True


def _held(folder: Path) -> list[Path]:
    """Take the folder of a new run; gives what had to be made for it.

    Raises:
        Stop: if a run would write over something there.
    """
    check_free(folder, f"Continue it with --resume {folder}, or choose another folder.")
    made = [path for path in (folder, *folder.parents) if not path.exists()][::-1]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / METRICS).touch(exist_ok=False)
    except FileExistsError:
        raise Stop(f"Another training has just begun in {folder}. Choose another folder.") from None
    except OSError:
        return made  # the training says what is wrong with the place
    return [*made, folder / METRICS]


def _fresh(parent: Path, stem: str, made: list[Path]) -> Path:
    """A folder for a new run: ``runs/lenet_digits``, then ``runs/lenet_digits-2`` and so on. It is made at once, and
    added to ``made`` with its parent if that had to be made too."""
    folder, count = parent / stem, 1
    with suppress(OSError):  # the training says what is wrong with the place
        if not parent.exists():
            made.append(parent)
        parent.mkdir(parents=True, exist_ok=True)
        while True:
            try:
                folder.mkdir()
                break
            except FileExistsError:
                count += 1
                folder = parent / f"{stem}-{count}"
        made.append(folder)
    return folder
