"""The usual first layers for each kind of data: pictures, lists, sequences, tokens. Each ends in a list of features."""

from __future__ import annotations

from app.core.starting.chain import Chain, Place, side_of
from nodes.api import Shape

SMALL_PICTURE = 40  # up to this side a few convolutions and a fully connected layer do; larger ones are pooled away
_TINY_PICTURE = 6  # too small to slide a window over
_LONG = 400  # steps through which no recurrent layer remembers
_WAVE = 400  # values from which on a single row is a sound
_WORDS = 10_000  # where nobody knows how many there are


def encoded(chain: Chain, at: Place, shape: Shape) -> Place:
    """A list of features of one field."""
    if shape.dtype == "int":
        return _tokens(chain, at, shape)
    if shape.rank == 3:
        return _picture(chain, at, shape) if side_of(shape) >= _TINY_PICTURE else _flat(chain, at, shape)
    if shape.rank == 2:
        return _sequence(chain, at, shape)
    if shape.rank == 4:
        return _volume(chain, at, shape)
    return _flat(chain, at, shape)


def _flat(chain: Chain, at: Place, shape: Shape) -> Place:
    if shape.rank != 1:
        at = chain.put("Flatten", at)
    at = chain.put("Standardize", at)
    units = min(128, max(16, 2 ** (shape.values - 1).bit_length()))
    for _ in range(2):
        at = chain.put("ReLU", chain.put("Linear", at, out_features=units))
    return at


def _picture(chain: Chain, at: Place, shape: Shape) -> Place:
    side = side_of(shape)
    if side > SMALL_PICTURE:
        return _large_picture(chain, at, side)
    # LeNet's two convolutions and two fully connected layers, with as many dots and numbers as the picture is worth.
    for filters in (16, 32):
        kernel = 5 if side >= 16 else 3
        at = chain.put("Conv2d", at, out_channels=filters, kernel_size=kernel, padding="same")
        at = chain.put("MaxPool2d", chain.put("ReLU", at), kernel_size=2)
    at = chain.put("Flatten", at)
    for units in (120, 84) if side >= 16 else (64,):
        at = chain.put("ReLU", chain.put("Linear", at, out_features=units))
    return at


def _large_picture(chain: Chain, at: Place, side: int) -> Place:
    filters = 16
    while side > 8 and filters <= 256:
        strides = 2 if side > 128 and filters == 16 else 1
        padding: int | str = 1 if strides == 2 else "same"
        at = chain.put("Conv2d", at, out_channels=filters, kernel_size=3, stride=strides, padding=padding, bias=False)
        at = chain.put("MaxPool2d", chain.put("ReLU", chain.put("BatchNorm2d", at)), kernel_size=2)
        side //= 2 * strides
        filters *= 2
    return chain.put("GlobalAvgPool", at)


def _volume(chain: Chain, at: Place, shape: Shape) -> Place:
    least = min(shape.sizes[1:])
    for filters in (8, 16, 32):
        at = chain.put("ReLU", chain.put("Conv3d", at, out_channels=filters, kernel_size=3, padding=1))
        if least >= 4:
            at = chain.put("MaxPool3d", at, kernel_size=2)
            least //= 2
    return chain.put("GlobalAvgPool", at)


def _sequence(chain: Chain, at: Place, shape: Shape) -> Place:
    steps = shape.sizes[0]
    if is_wave(shape):
        return _wave(chain, at, shape.sizes[1])
    at = chain.put("Standardize", at)
    if steps <= _LONG:
        return chain.put("LSTM", at, hidden_size=64, last_step_only=True)
    filters = 16
    while steps > 16 and filters <= 128:
        at = chain.put("ReLU", chain.put("Conv1d", at, out_channels=filters, kernel_size=9, stride=4, padding=4))
        steps = (steps - 1) // 4 + 1
        filters *= 2
    return chain.put("GlobalAvgPool", at)


def is_wave(shape: Shape) -> bool:
    """Whether a field is a sound: one channel of very many values."""
    return shape.dtype == "float" and shape.rank == 2 and shape.sizes[0] == 1 and shape.sizes[1] >= _WAVE


def _wave(chain: Chain, at: Place, values: int) -> Place:
    """A spectrogram of some hundred columns at most, read like a picture."""
    hop = min(160, max(16, values // 64)) if values <= 256 * 160 else -(-values // 256)
    at = chain.put("LogMelSpectrogram", at, hop_length=hop)
    return _large_picture(chain, chain.put("Standardize", at), 64)


def _tokens(chain: Chain, at: Place, shape: Shape) -> Place:
    if not shape.rank:  # one class, such as a category of a table
        if shape.classes is None:
            return chain.put("Standardize", chain.put("Flatten", chain.put("ToFloat", at)))
        size = min(16, max(2, (shape.classes + 1) // 2))
        return chain.put("Embedding", at, num_embeddings=shape.classes, embedding_dim=size)
    at = stepwise(chain, at, shape)
    if shape.rank > 1:
        return chain.put("Flatten", at)
    if shape.sizes[0] > _LONG:  # a bag of words
        return chain.put("ReLU", chain.put("Linear", chain.put("GlobalAvgPool", at), out_features=64))
    return chain.put("LSTM", at, hidden_size=64, last_step_only=True)


def stepwise(chain: Chain, at: Place, shape: Shape) -> Place:
    """Numbers for each step of tokens."""
    words = shape.classes or _WORDS
    size = min(64, max(8, (words + 1) // 2))
    return chain.put("Embedding", at, num_embeddings=words, embedding_dim=size)
