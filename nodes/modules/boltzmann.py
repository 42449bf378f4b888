"""A policy that takes an action the likelier, the more it is worth, as it is printed into the generated file."""

import torch


class Boltzmann:
    """Draws the action by the softmax of the values, at a temperature that goes from ``start`` to ``end``."""

    def __init__(self, start, end, steps):
        self.start, self.end, self.steps = start, end, steps

    def rate(self, step):
        """The temperature after so many steps of the games."""
        return self.start + (self.end - self.start) * min(1.0, step / self.steps)

    def choose(self, values, step, generator):
        """An action (n,) for the values (n, actions) of each."""
        shares = torch.softmax(values / self.rate(step), dim=1)
        return torch.multinomial(shares, 1, generator=generator).squeeze(1)
