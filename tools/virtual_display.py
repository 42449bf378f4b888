"""A display that nobody sees: Xvfb on a free number, for tests, benchmarks and screenshots."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

# Large enough for the window of a laptop (1366 × 768) with room for dialogs beside it.
SCREEN = (1600, 1000)
_START_SECONDS = 20.0


class NoDisplayError(RuntimeError):
    """No virtual display can be had on this machine; the text says why."""


def is_available() -> bool:
    """Whether this machine has Xvfb; macOS and Windows never do."""
    return sys.platform.startswith("linux") and shutil.which("Xvfb") is not None


@contextmanager
def xvfb(screen: tuple[int, int] = SCREEN) -> Iterator[str]:
    """Runs Xvfb, gives the display's name (``:7``) and ends it, whatever happens inside.

    Raises:
        NoDisplayError: if Xvfb is missing or does not start.
    """
    if not is_available():
        raise NoDisplayError("Xvfb is not installed (Debian and Ubuntu: apt-get install xvfb).")
    server, display = _start(screen)
    try:
        yield display
    finally:
        _stop(server)


@contextmanager
def virtual_display(screen: tuple[int, int] = SCREEN) -> Iterator[str]:
    """Like :func:`xvfb`, and Qt uses it: everything started inside, this process included, opens its windows there.

    Must be entered before the QApplication is made, because Qt chooses its platform once per process.
    """
    with xvfb(screen) as display:
        before = {name: os.environ.get(name) for name in ("DISPLAY", "QT_QPA_PLATFORM", "WAYLAND_DISPLAY")}
        os.environ.update(DISPLAY=display, QT_QPA_PLATFORM="xcb")
        os.environ.pop("WAYLAND_DISPLAY", None)
        try:
            yield display
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


# The shell outlives a caller that was killed, sees its own input end, and takes the server with it. With -displayfd the
# server picks a free number itself and writes it down once it listens: no race for a number, no guessing when it is up.
_SCRIPT = 'Xvfb -displayfd 1 "$@" & exec >&-; read -r _; kill $! 2>/dev/null; wait'


def _start(screen: tuple[int, int]) -> tuple[subprocess.Popen[bytes], str]:
    size = f"{screen[0]}x{screen[1]}x24"
    server = subprocess.Popen(
        ["sh", "-c", _SCRIPT, "xvfb", "-screen", "0", size, "-dpi", "96", "-nolisten", "tcp", "-noreset"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # Ctrl+C in the terminal must not take the display away from a program that is still closing its windows.
        start_new_session=True,
    )
    assert server.stdout is not None
    number = _read_line(server.stdout.fileno())
    if not number:
        _stop(server)
        raise NoDisplayError(f"Xvfb did not start within {_START_SECONDS:.0f} seconds.")
    return server, f":{number}"


def _stop(server: subprocess.Popen[bytes]) -> None:
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.close()
    try:
        server.wait(timeout=5)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
    server.stdout.close()


def _read_line(descriptor: int) -> str:
    text = b""
    deadline = time.monotonic() + _START_SECONDS
    while not text.endswith(b"\n"):
        ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        chunk = os.read(descriptor, 16) if ready else b""
        if not chunk:
            return ""
        text += chunk
    return text.decode().strip()
