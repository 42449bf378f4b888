"""A first net for sounds and what is said in them."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.starting.chain import Chain
from app.core.starting.encoders import is_wave
from nodes.api import Shape


def spoken_fields(fields: Mapping[str, Shape]) -> tuple[str, str] | None:
    """The wave and the text, where data holds these two."""
    waves = [name for name, shape in fields.items() if is_wave(shape)]
    texts = [name for name, shape in fields.items() if shape.kind == "tokens" and shape.rank == 1 and shape.classes]
    return (waves[0], texts[0]) if len(fields) == 2 and waves and texts else None


def spelt(chain: Chain, source: str, wave: str, text: str, fields: Mapping[str, Shape]) -> None:
    """A spectrogram, convolutions over time and a CTC loss, with steps enough for the letters."""
    letters, values = fields[text].sizes[0], fields[wave].sizes[1]
    hop = max(16, min(160, values // (4 * letters)))
    at = chain.put("LogMelSpectrogram", (source, wave), hop_length=hop, n_mels=40)
    at = chain.put("Permute", chain.put("Squeeze", at, dim=1), dims=(2, 1))
    at = chain.put("Standardize", at)
    for stride in (2 if values // hop >= 4 * letters else 1, 1, 1):
        at = chain.put("Conv1d", at, out_channels=64, kernel_size=5, stride=stride, padding=2)
        at = chain.put("ReLU", at)
    at = chain.put("Linear", at, out_features=fields[text].classes)
    chain.put("CTCLoss", chain.put("LogSoftmax", at), (source, text))
