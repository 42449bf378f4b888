"""Attention by a small net (Bahdanau et al. 2014)."""

import torch
from torch import nn


class AdditiveAttention(nn.Module):
    """A mix of the steps of a memory: each is scored by a layer of tanh units that sees it and the query."""

    def __init__(self, query_features: int, memory_features: int, units: int) -> None:
        super().__init__()
        self.query = nn.Linear(query_features, units)
        self.memory = nn.Linear(memory_features, units, bias=False)
        self.score = nn.Linear(units, 1, bias=False)

    def forward(self, query, memory, keep=None):
        seen = self.memory(memory)
        asked = self.query(query)
        if query.dim() == 3:  # several queries, such as those of all steps of a decoder
            seen, asked = seen[:, None], asked[:, :, None]
            keep = keep[:, None] if keep is not None else None
        else:
            asked = asked[:, None]
        scores = self.score(torch.tanh(seen + asked)).squeeze(-1)
        if keep is not None:
            scores = scores.masked_fill(keep == 0, -1e9)  # steps that are padding are not looked at
        weights = scores.softmax(-1)
        return torch.einsum("bqt,btf->bqf" if query.dim() == 3 else "bt,btf->bf", weights, memory), weights
