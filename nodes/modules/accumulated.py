"""A step over several parts of a batch, as it is printed into the generated file."""

import torch


def parts_of(batch, size):
    """The batch in parts of ``size`` samples, each with its share of all. A last part of one sample joins the one
    before it, because batch norm could do nothing with it."""
    count = len(next(iter(batch.values())))
    ends = [*range(size, count, size), count]
    if size > 1 and len(ends) > 1 and ends[-1] - ends[-2] == 1:
        del ends[-2]
    for start, end in zip([0, *ends], ends):
        yield {name: values[start:end] for name, values in batch.items()}, (end - start) / count


class Accumulated:
    """What the parts of a batch have told, put together."""

    def __init__(self):
        self.values = {}
        self.read = {}

    def add(self, share, values, read):
        """Takes in a part: losses, which are means over its samples, and what the metrics read."""
        for name, value in values.items():
            self.values[name] = self.values.get(name, 0) + share * value
        for name, value in read.items():
            self.read.setdefault(name, []).append(value)

    def whole(self):
        """The losses and what the metrics read, of the whole batch."""
        return self.values, {name: torch.cat(parts) for name, parts in self.read.items()}
