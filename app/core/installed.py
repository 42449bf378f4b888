"""Where packages lie that bring files, such as weights or names. Nothing of them is run."""

from __future__ import annotations

from importlib import invalidate_caches
from importlib.util import find_spec
from pathlib import Path


def folder_of(package: str) -> Path | None:
    """The folder of an installed package, also of one that was installed since the program began; None without one."""
    try:
        spec = find_spec(package)
        if spec is None:  # asked again, with all folders read anew, which takes a hundred times as long
            invalidate_caches()
            spec = find_spec(package)
    except (ImportError, ValueError):
        return None
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    return Path(places[0]) if places else None
