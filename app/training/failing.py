"""The ending of a training that an exception ended."""

from __future__ import annotations

import logging
from pathlib import Path

from app.core.compile.net import CompiledNet
from app.training.events import Failed

log = logging.getLogger(__name__)


def failed(net: CompiledNet, error: Exception, out: Path | None) -> Failed:
    """The ending for an exception. RuntimeError counts too: torch raises it for wrong shapes and full memory."""
    log.info("The training failed.", exc_info=error)
    if isinstance(error, OSError):
        return Failed(None, f"The run cannot be written to {out}: {error.strerror or error}. Choose another folder.")
    node, sentence = net.explain(error)
    return Failed(node, sentence)
