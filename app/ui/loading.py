"""Loading torch beside the open window, in the worker's thread, and what only a training needs when one is near."""

from __future__ import annotations

import gc
import linecache
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from app.core.graph.recipe import Recipe
from app.jobs.messages import Picture
from app.training.events import Event


def load_torch() -> Iterator[Picture]:
    """Imports what the first pictures need, and finds out where can be computed."""
    first = "torch" not in sys.modules
    with forgetful_of_sources():
        import torch

        from app.training import threads  # noqa: F401
        from app.training.recipe import device_for

    if first:
        # For pictures and dreams; a training chooses for itself (threads.py says why fewer are often faster). It asks
        # what torch would take by itself, so this comes after its import.
        torch.set_num_threads(max(1, torch.get_num_threads() - 1))
    found = device_for(Recipe(device="auto"))
    auto = f"CUDA: {torch.cuda.get_device_name(found)}" if found.type == "cuda" else "CPU"
    yield Picture("devices", {"auto": auto, "cpu": "CPU", "cuda": auto if found.type == "cuda" else "no CUDA here"})
    with forgetful_of_sources():
        import app.core.compile.net  # noqa: F401


def load_for_training() -> Iterator[Event]:
    """Imports what only a training needs: 1,100 modules, over a second and many megabytes, saved in a window in which
    nobody trains."""
    first = "pyqtgraph" not in sys.modules
    with forgetful_of_sources():
        import pyqtgraph  # noqa: F401  for the curves; in the window's own thread it would hold it up for half a second
        import torch

        import app.training.loop  # noqa: F401

        torch.optim.Adam([torch.zeros(1, requires_grad=True)])  # the first optimizer makes torch import 800 modules
    if first:
        gc.freeze()  # as after torch itself
    yield from ()


@contextmanager
def forgetful_of_sources() -> Iterator[None]:
    """While it lasts, Python's cache of source lines holds one file.

    torch looks up where it was called from hundreds of times while it is imported, and each time Python keeps all
    lines of that file for a traceback that never comes: 464,000 lines and 40 MB after ``import torch``. Clearing the
    cache afterwards would not give the room back, because other objects have settled between the lines by then.
    """
    kept = linecache.cache
    linecache.cache = _LastOne()
    try:
        yield
    finally:
        linecache.cache = kept


class _LastOne(dict[str, Any]):
    """A dictionary that forgets what it held when something new comes."""

    def __setitem__(self, name: str, entry: Any) -> None:
        self.clear()
        super().__setitem__(name, entry)
