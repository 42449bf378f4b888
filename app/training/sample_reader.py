"""The batches of a training as they are read: in a thread of their own where that takes time, and without the samples
that cannot be read."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence

from torch import Tensor

from app.core.checks.problems import SetTraining
from app.core.graph.recipe import Recipe
from app.training.batches import DeviceData
from app.training.events import Diagnosed
from app.training.read_ahead import ahead, in_turn
from app.training.refusal import CannotTrain

MOST_NAMED = 20  # samples; a disk that was taken off would fill the window with sentences


class SampleReader:
    """Reads the samples of one training, and tells once of each of the first that cannot be read."""

    def __init__(self, samples: DeviceData, recipe: Recipe) -> None:
        self.samples = samples
        self.recipe = recipe
        self._told: set[int] = set()

    def read(self, pieces: Sequence[tuple[Tensor, int | None]]) -> Generator[dict[str, Tensor], None, None]:
        """The batches of these indices and seeds, in order. To be closed by whoever stops before the end."""
        way = ahead if self.samples.reads else in_turn
        return way(lambda piece: self.samples.at(*piece), pieces)

    def leave_out(self, index: Tensor) -> Iterator[Diagnosed]:
        """What is to be told of those samples that cannot be read.

        Raises:
            CannotTrain: if the recipe says that such a sample ends the training.
        """
        for number in self.samples.lost(index):
            if number in self._told:
                continue
            node, sentence = self.samples.unreadable[number]
            if self.recipe.unreadable == "stop":
                stop = f"{sentence} Mend or remove it, or let the recipe skip unreadable samples."
                raise CannotTrain(stop, node, (SetTraining("unreadable", "skip"),))
            self._told.add(number)
            if len(self._told) > MOST_NAMED:
                continue
            first, last = len(self._told) == 1, len(self._told) == MOST_NAMED
            told = f"{sentence} It is left out{', and so is every sample that cannot be read' if first else ''}."
            told += f" These were {MOST_NAMED}: those to come are counted and not named." if last else ""
            yield Diagnosed(node, told, "unreadable", (SetTraining("unreadable", "stop"),) if first else ())


def count_of(batch: Mapping[str, Tensor]) -> int:
    """How many samples a batch has."""
    for values in batch.values():
        return values.shape[0]  # its len takes five times as long, which small nets feel
    return 0
