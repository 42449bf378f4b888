"""Runs the benchmarks: ``python -m tests.benchmarks [NAME ...]``. Exit status 1 if an aim is missed."""

from __future__ import annotations

import importlib
import sys

NAMES = ("accuracy", "step", "loop", "large", "responsive", "startup", "edit", "canvas", "memory")


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, or all."""
    unknown = [name for name in arguments if name not in NAMES]
    if unknown:
        print(f"There is no benchmark {unknown[0]}. There are: {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    met = True
    for name in arguments or NAMES:
        print(f"-- {name}", flush=True)
        met = importlib.import_module(f"tests.benchmarks.{name}").main() and met
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
