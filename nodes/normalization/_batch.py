"""What the batch normalizations share."""

from __future__ import annotations

from nodes.api import Built, Call, Shape, differing, module


def batch_norm(torch_name: str, x: Shape, channels: int, *, eps: float, momentum: float, affine: bool) -> Built:
    """Normalization of each channel of ``x`` over the batch."""
    call: Call = module(
        torch_name, channels, **differing(eps=(eps, 1e-5), momentum=(momentum, 0.1), affine=(affine, True))
    )
    return Built(
        call.along_time() if x.rank == 2 else call,
        output=x,
        weights={"weight": (channels,), "bias": (channels,)} if affine else {},
        multiply_adds=x.values,
    )
