"""The memory of games, as it is printed into the generated file."""

import torch


class Replay:
    """The last steps of the games, at most ``capacity``; each is drawn with the same probability."""

    def __init__(self, capacity):
        self.capacity = capacity
        self.fields = {}  # tensors (capacity, ...) by name
        self.size = 0
        self.place = 0  # where the next step goes

    def add(self, steps, numbers):
        """Remembers steps, given as tensors (n, ...) by field; the oldest make room. ``numbers`` says which steps of
        their games they are, from 0 on."""
        count = len(next(iter(steps.values())))
        for name, values in steps.items():
            if name not in self.fields:
                self.fields[name] = torch.empty((self.capacity, *values.shape[1:]), dtype=values.dtype)
            if self.place + count <= self.capacity:
                self.fields[name][self.place : self.place + count] = values
            else:
                where = (self.place + torch.arange(count)) % self.capacity
                self.fields[name][where] = values
        self.place = (self.place + count) % self.capacity
        self.size = min(self.size + count, self.capacity)

    def state_dict(self):
        """All that is remembered."""
        fields = {name: values[: self.size].clone() for name, values in self.fields.items()}
        return {"fields": fields, "place": self.place}

    def load_state_dict(self, state):
        """Remembers that; with room for less, the newest of it."""
        fields, place = state["fields"], int(state["place"])
        self.fields, self.size, self.place = {}, 0, 0
        if not fields:
            return
        count = len(next(iter(fields.values())))
        in_order = torch.roll(torch.arange(count), -place)[-self.capacity :]
        if count < self.capacity or place == 0:
            in_order = torch.arange(count)[-self.capacity :]
        self.add({name: values[in_order] for name, values in fields.items()}, None)
        if count == self.capacity and place:  # as it lay before, as it is drawn by place
            for name, values in fields.items():
                self.fields[name].copy_(values)
            self.place = place

    def sample(self, count, generator):
        """So many steps, drawn with replacement, by field."""
        index = torch.randint(self.size, (count,), generator=generator)
        return {name: values.index_select(0, index) for name, values in self.fields.items()}
