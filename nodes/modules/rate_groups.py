"""Layers that learn faster or slower than the others, as it is printed into the generated file."""


class RateGroups(list):
    """Weights in groups for an optimizer; ``factors`` says by layer how many times as fast as the rest it learns."""

    def __init__(self, model, weights, lr, factors):
        of = {weight: factor for name, factor in factors.items() for weight in model.get_submodule(name).parameters()}
        groups = {}
        for weight in weights:
            groups.setdefault(of.get(weight, 1.0), []).append(weight)
        super().__init__({"params": some, "lr": lr * factor} for factor, some in groups.items())
