"""Layers that learn faster or slower than the others, as it is printed into the generated file."""


class RateGroups(list):
    """Weights in groups for an optimizer; ``factors`` says by layer how many times as fast as the rest it learns."""

    def __init__(self, model, weights, lr, factors):
        of = {weight: factor for name, factor in factors.items() for weight in model.get_submodule(name).parameters()}
        weights = [(weight, of.get(weight, 1.0)) for weight in weights]
        for factor in dict.fromkeys(factor for _, factor in weights):
            self.append({"params": [weight for weight, own in weights if own == factor], "lr": lr * factor})
