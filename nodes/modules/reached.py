"""A goal that ends a training, as it is printed into the generated file."""


class Reached:
    """Says when a number has reached ``goal``: from below if ``higher`` is better, else from above."""

    def __init__(self, goal, higher):
        self.goal = goal
        self.higher = higher
        self.best = float("-inf") if higher else float("inf")

    def look(self, model, value):
        """Takes in an epoch, whose ``value`` is the better the smaller it is."""
        value = -value if self.higher else value
        self.best = max(self.best, value) if self.higher else min(self.best, value)

    @property
    def over(self):
        """Whether the training should end."""
        return self.best >= self.goal if self.higher else self.best <= self.goal

    def finish(self, model):
        """The weights stay as they are."""
