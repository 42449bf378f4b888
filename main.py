"""Starts Netloom: a command goes to the command line, anything else opens the window."""

from __future__ import annotations

import gc
import sys
import time

TYPE_CHECKING = False  # typing itself would take long enough for a Ctrl+C to fall into it
if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.cli.pictures import Painter

STARTED = time.monotonic()
# Named here because importing the command line takes longer than opening the window; a test compares them.
COMMANDS = (
    "layers",
    "check",
    "summary",
    "export",
    "train",
    "find-lr",
    "sweep",
    "evaluate",
    "runs",
    "compare",
    "inspect",
    "dream",
    "words",
    "generate",
    "import-weights",
    "templates",
    "data",
    "start",
    "predict",
    "sample",
    "play",
    "doctor",
    "diagnose",
    "get",
)
TRUST_LAYERS = "--trust-layers"  # runs the files of the user's layer folder without a question


def main(argv: Sequence[str] | None = None) -> int:
    """Run Netloom and give its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    trusting = arguments[:1] == [TRUST_LAYERS]
    rest = arguments[1:] if trusting else arguments
    try:
        from app.core.late_methods import install

        install()
        if len(rest) > 1 or (rest and (rest[0] in COMMANDS or rest[0].startswith("-"))):
            from app.cli.main import run
            from app.cli.pictures import paint_with

            paint_with(_painter)
            return run(arguments)
        return _window(rest[0] if rest else None, trusting)
    except KeyboardInterrupt:
        return 130


def _painter() -> Painter:
    """What paints pictures for the command line, which itself knows no Qt.

    Raises:
        ImportError: with the sentence that says what this machine lacks.
    """
    from app.ui.libraries import why_no_qt

    try:
        from app.ui.bindings import load_bindings

        load_bindings()
        from app.ui.export.headless import picture
    except ImportError as error:
        if "PySide6" not in str(error) and ".so" not in str(error):
            raise
        raise ImportError(why_no_qt(error)) from None
    return picture


def _end_at_once_by_control_c() -> None:
    """Until the window is there, when ``Signals`` takes over: there is nothing yet that could be lost.

    Python's own way, an exception between any two lines, ends in a traceback or worse where Qt called those lines.
    """
    import signal

    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _window(what: str | None, trusting: bool) -> int:
    _end_at_once_by_control_c()
    # What is made until the window is seen stays: to look through it for garbage, over and over, takes a tenth of the
    # time. ``run_window`` turns the collector on again.
    gc.disable()
    from app.ui.libraries import why_no_qt, why_no_window

    reason = why_no_window()
    if reason is None:
        try:
            from app.ui.bindings import load_bindings

            load_bindings()
            from app.ui.start import run_window
        except ImportError as error:
            if "PySide6" not in str(error) and ".so" not in str(error):
                raise
            reason = why_no_qt(error)
        else:
            return run_window(what, trusting)
    print(f"netloom: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
