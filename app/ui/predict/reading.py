"""Reads what was dropped, opened or pasted, prepared as the training data were. Carried out in a job; no Qt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.core.graph.model import Project
from app.jobs.messages import Picture
from app.ui.predict.asking import MOST_SAMPLES
from nodes.api import NoData, cut

if TYPE_CHECKING:
    import numpy as np

    from app.training.net_inputs import NetInputs


def of_paths(project: Project, paths: Sequence[Path]) -> Iterator[Picture]:
    """The samples at these paths, one by one, and in the end how many were left out, or why there is none."""
    try:
        reads = _reads(project)
    except ValueError as reason:
        yield Picture("trouble", str(reason))
        return
    from app.training.net_inputs import holds_data, samples_at

    count = 0
    for path in paths:
        try:
            # A picture alone is asked what is typed beside it.
            alone = bool(reads.question) and path.exists() and not holds_data(reads, path)
            for sample in samples_at(reads, path, alone):
                if count == MOST_SAMPLES:
                    yield Picture("more", f"The first {MOST_SAMPLES} are shown; netloom predict answers for all.")
                    return
                count += 1
                yield Picture(count, sample)
        except (NoData, OSError) as reason:
            if len(paths) == 1:
                yield Picture("trouble", str(reason))
                return
            count += 1
            yield Picture(count, (path.name, str(reason)))
    if not count:
        yield Picture("trouble", f"There is no sample in {cut(paths[0].name, 60)}. Choose a file that holds some.")


def of_pixels(project: Project, pixels: np.ndarray) -> Iterator[Picture]:
    """A picture that was pasted, (h, w, 4) uint8 with red, green, blue and how opaque it is."""
    from PIL import Image

    try:
        from app.training.net_inputs import sample_of

        yield Picture(1, sample_of(_reads(project), Image.fromarray(pixels, "RGBA"), "pasted picture"))
    except ValueError as reason:
        yield Picture("trouble", str(reason))


def _reads(project: Project) -> NetInputs:
    from app.core.compile.plan import make_plan
    from app.training.net_inputs import reads_of

    made: Any = reads_of(make_plan(project))
    return made
