"""What the classes of well-known sets of pictures are called, and how a set is known."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any

# By the name that the setting shows: what the first class is stored as, and the words.
WORDS: dict[str, tuple[int, tuple[str, ...]]] = {
    "digits": (0, tuple(digits)),
    "Fashion-MNIST": (
        0,
        ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
    "KMNIST": (0, ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")),
    "EMNIST letters": (1, tuple(ascii_lowercase)),
    "EMNIST balanced": (0, (*digits, *ascii_uppercase, *"abdefghnqrt")),
    "EMNIST by class": (0, (*digits, *ascii_uppercase, *ascii_lowercase)),
    "CIFAR-10": (0, ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")),
    "FER2013": (0, ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")),
    "house numbers": (1, ("1", "2", "3", "4", "5", "6", "7", "8", "9", "0")),
}

# The first labels of the training and of the test files: MNIST and Fashion-MNIST name their files alike.
_FIRST: dict[tuple[int, ...], str] = {
    (5, 0, 4, 1, 9, 2, 1, 3, 1, 4): "digits",
    (7, 2, 1, 0, 4, 1, 4, 9, 5, 9): "digits",
    (9, 0, 0, 3, 0, 2, 7, 2, 5, 5): "Fashion-MNIST",
    (9, 2, 1, 1, 6, 1, 4, 6, 5, 7): "Fashion-MNIST",
}


def known_by_name(text: str) -> str:
    """The set of a file or folder with such a name; empty if it says nothing."""
    text = text.lower().replace("_", "-")
    if "fashion" in text:
        return "Fashion-MNIST"
    if "kmnist" in text or "kuzushiji" in text:
        return "KMNIST"
    if "emnist" in text:
        if "letters" in text:
            return "EMNIST letters"
        if "balanced" in text or "bymerge" in text:
            return "EMNIST balanced"
        if "byclass" in text:
            return "EMNIST by class"
        return "digits"
    return "digits" if "mnist" in text else ""


def known_by_labels(labels: Iterable[Any]) -> str:
    """The set that begins with these labels; empty if none does."""
    return _FIRST.get(tuple(int(label) for label in islice(labels, 10)), "")
