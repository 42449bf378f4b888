"""Muon beside AdamW as one optimizer, as it is printed into the generated file."""

import torch


class MuonWithAdamW(torch.optim.Optimizer):
    """Muon for the weights that are matrices, AdamW for all others, both with the same learning rate."""

    def __init__(self, weights, lr, momentum=0.95, nesterov=True, weight_decay=0.01):
        weights = list(weights)
        groups = weights if weights and isinstance(weights[0], dict) else [{"params": weights, "lr": lr}]
        # The length of Muon's steps is fitted to those of AdamW, so that one learning rate suits both.
        how = {"momentum": momentum, "nesterov": nesterov, "adjust_lr_fn": "match_rms_adamw"}

        def made(group):
            same = {"lr": group["lr"], "weight_decay": weight_decay}
            matrices = [weight for weight in group["params"] if weight.ndim == 2]
            others = [weight for weight in group["params"] if weight.ndim != 2]
            muon = [torch.optim.Muon(matrices, **same, **how)] if matrices else []
            return [*muon, *([torch.optim.AdamW(others, **same, fused=True)] if others else [])]

        self.parts = [part for group in groups for part in made(group)]
        super().__init__([group for part in self.parts for group in part.param_groups], {})

    def step(self, closure=None):
        """One step of both."""
        for part, group in zip(self.parts, self.param_groups):
            part.param_groups, part.state = [group], self.state  # others after load_state_dict
            part.step()
