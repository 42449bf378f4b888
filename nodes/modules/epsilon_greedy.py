"""The policy of Q-learning, as it is printed into the generated file."""

import torch


class EpsilonGreedy:
    """Takes the best action, or with a probability that falls from ``start`` to ``end`` any."""

    def __init__(self, start, end, steps):
        self.start, self.end, self.steps = start, end, steps

    def rate(self, step):
        """The share of random actions after so many steps of the games."""
        return self.start + (self.end - self.start) * min(1.0, step / self.steps)

    def choose(self, values, step, generator):
        """An action (n,) for the values (n, actions) of each."""
        anything = torch.randint(values.shape[1], (len(values),), generator=generator)
        explores = torch.rand(len(values), generator=generator) < self.rate(step)
        return torch.where(explores, anything, values.argmax(1))
