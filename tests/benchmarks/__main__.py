"""Runs the benchmarks: ``python -m tests.benchmarks [NAME ...]``. Exit status 1 if an aim is missed."""

from __future__ import annotations

import importlib
import subprocess
import sys

NAMES = (
    "accuracy",
    "step",
    "gan",
    "playing",
    "loop",
    "before",
    "large",
    "mnist",
    "pictures",
    "tables",
    "responsive",
    "startup",
    "edit",
    "canvas",
    "curves",
    "processes",
    "memory",
    "steady",
    "kills",
    "doctor",
    "watched",
    "live",
    "sweep",
    "insight",
    "dreams",
    "space",
    "text",
    "generated",
    "enlarging",
    "unet",
)


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, or all."""
    unknown = [name for name in arguments if name not in NAMES]
    if unknown:
        print(f"There is no benchmark {unknown[0]}. There are: {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    names = arguments or list(NAMES)
    if len(names) == 1:
        print(f"-- {names[0]}", flush=True)
        return 0 if importlib.import_module(f"tests.benchmarks.{names[0]}").main() else 1
    # Each in a process of its own: windows outlive the virtual display of their benchmark, and then show nothing.
    command = [sys.executable, "-m", "tests.benchmarks"]
    return max(subprocess.run([*command, name], check=False).returncode for name in names)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
