"""Numbers that are too small for the processor to compute with at full speed."""

from __future__ import annotations

import torch


class SubnormalsAsZero:
    """Within it, this thread takes numbers smaller than any normal one (1.2e-38 in single precision) for zero.

    Adam's average of the gradients of a weight falls below that some 700 steps after its input was last other than
    zero, as with a pixel at the edge of a digit. Such numbers are computed several times slower, so that a step of
    sixteen nets takes a fifth longer from then on, and they change nothing: they are added to weights that are larger
    by thirty orders of magnitude.

    torch does not tell whether it does so already; afterwards it does not. ``contextlib`` would take three times as
    long to enter, which is done in each step.
    """

    def __enter__(self) -> None:
        torch.set_flush_denormal(True)

    def __exit__(self, *_: object) -> None:
        torch.set_flush_denormal(False)
