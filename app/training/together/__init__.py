"""Several trainings of the same drawing as one: their weights lie side by side in one tensor, and one step of
``torch.func`` is a step of each.

``fitness`` says which trainings can be one, ``weights`` lays their weights together, ``step`` computes gradients and
losses of all, ``group`` is the loop. What comes out are runs like any other, with the same numbers.
"""
