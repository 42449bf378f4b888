"""An exponential moving average of the weights, as it is printed into the generated file."""

import torch


class AveragedWeights:
    """A mean of a model's weights over the last steps: each step moves it a little towards them."""

    def __init__(self, model, decay):
        self.model = model
        self.decay = decay
        self.average = {}

    @torch.no_grad()
    def update(self):
        """Takes in the weights after a step; the first are taken as they are."""
        weights = self.model.state_dict()
        if not self.average:
            self.average = {name: value.clone() for name, value in weights.items()}
            return
        for name, value in weights.items():
            if value.is_floating_point():
                self.average[name].lerp_(value, 1 - self.decay)
            else:
                self.average[name].copy_(value)

    @torch.no_grad()
    def swap(self):
        """Puts the average in the place of the weights, and the weights where it was; the second time, back."""
        weights = self.model.state_dict()
        for name, value in self.average.items():
            kept = value.clone()
            value.copy_(weights[name])
            weights[name].copy_(kept)
