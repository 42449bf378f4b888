"""No schedule."""

from __future__ import annotations

from nodes.api import Call, schedule


@schedule(id="constant", name="Constant", when="never", curve=lambda settings, epoch, epochs: 1.0)
def constant(*, lr: float, epochs: int) -> Call:
    """The learning rate stays as it is set."""
    return Call()
