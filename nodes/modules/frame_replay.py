"""The memory of games whose states are pictures in a row, as it is printed into the generated file."""

import torch


class FrameReplay:
    """The last steps of games whose states are the last few pictures (pictures, height, width): each state and each
    next state is kept as its newest picture alone, and the others are taken from the steps before; before a game began
    its first picture stands. Each step is drawn with the same probability."""

    def __init__(self, capacity):
        self.capacity = capacity
        self.fields = {}  # tensors (rows, games, ...) by name; a row is a step of all games
        self.rows = 0
        self.size = 0  # of steps
        self.place = 0  # the row where the next steps go
        self.depth = 1

    def add(self, steps, numbers):
        """Remembers steps, given as tensors (n, ...) by field; the oldest make room. ``numbers`` says which steps of
        their games they are, from 0 on."""
        state = steps["state"]
        if state.ndim != 4:
            raise ValueError("The memory of pictures keeps states that are pictures in a row. Choose the uniform one.")
        self.depth, games = state.shape[1], len(state)
        self.rows = max(self.depth + 1, self.capacity // games)
        kept = steps | {"state": state[:, -1], "next_state": steps["next_state"][:, -1]}
        kept["number"] = torch.tensor(numbers)
        for name, values in kept.items():
            if name not in self.fields:
                self.fields[name] = torch.empty((self.rows, *values.shape), dtype=values.dtype)
            self.fields[name][self.place] = values
        self.place = (self.place + 1) % self.rows
        self.size = min(self.size + games, self.rows * games)

    def sample(self, count, generator):
        """So many steps, drawn with replacement, by field."""
        games = self.fields["number"].shape[1]
        filled = self.size // games
        # Of the oldest steps of a full memory the pictures before are gone.
        oldest, missing = (self.place, self.depth - 1) if filled == self.rows else (0, 0)
        drawn = torch.randint((filled - missing) * games, (count,), generator=generator)
        row, game = (drawn // games + missing + oldest) % self.rows, drawn % games
        found = {name: values[row, game] for name, values in self.fields.items()}
        number = found.pop("number")
        pictures = [
            self.fields["state"][(row - number.clamp(max=back)) % self.rows, game]
            for back in range(self.depth - 1, -1, -1)
        ]
        found["state"] = torch.stack(pictures, 1)
        found["next_state"] = torch.stack([*pictures[1:], found["next_state"]], 1)
        return found

    def state_dict(self):
        """All that is remembered."""
        filled = self.size // max(1, self.fields["number"].shape[1]) if self.fields else 0
        fields = {name: values[:filled].clone() for name, values in self.fields.items()}
        return {"fields": fields, "place": self.place, "depth": self.depth}

    def load_state_dict(self, state):
        """Remembers that; where the capacity is another one now, it begins empty."""
        fields = state["fields"]
        self.fields, self.size, self.place, self.depth = {}, 0, 0, int(state["depth"])
        if not fields:
            return
        filled, games = fields["number"].shape
        self.rows = max(self.depth + 1, self.capacity // games)
        place = int(state["place"])
        if filled > self.rows or (filled < self.rows and place != filled) or not 0 <= place <= filled:
            return
        for name, values in fields.items():
            self.fields[name] = torch.empty((self.rows, *values.shape[1:]), dtype=values.dtype)
            self.fields[name][:filled] = values
        self.size, self.place = filled * games, place % self.rows
