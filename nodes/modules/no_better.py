"""Early stopping, as it is printed into the generated file."""

import math


class NoBetter:
    """Says when nothing has become better for ``patience`` epochs, and keeps the weights of the best."""

    def __init__(self, patience):
        self.patience = patience
        self.best = math.inf
        self.epochs = 0  # since the best
        self.weights = None

    def look(self, model, value):
        """Takes in an epoch, whose ``value`` is the better the smaller it is; one that is no number says nothing."""
        if math.isnan(value):
            return
        self.epochs += 1
        if value < self.best:
            self.best, self.epochs = value, 0
            self.weights = {name: weight.clone() for name, weight in model.state_dict().items()}

    @property
    def over(self):
        """Whether the training should end."""
        return self.epochs >= self.patience

    def finish(self, model):
        """Gives the model the best weights."""
        if self.weights is not None:
            model.load_state_dict(self.weights)
