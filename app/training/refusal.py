"""Why a training cannot start."""

from __future__ import annotations


class CannotTrain(ValueError):
    """Something is missing. The message is a sentence with the remedy; ``node`` is where, if it is one place."""

    def __init__(self, sentence: str, node: str | None = None) -> None:
        super().__init__(sentence)
        self.node = node
