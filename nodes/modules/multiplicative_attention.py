"""Attention by products (Luong et al. 2015)."""

import torch
from torch import nn


class MultiplicativeAttention(nn.Module):
    """A mix of the steps of a memory: each is scored by its product with the query, turned by a matrix."""

    def __init__(self, query_features: int, memory_features: int) -> None:
        super().__init__()
        self.turn = nn.Linear(query_features, memory_features, bias=False)

    def forward(self, query, memory, keep=None):
        asked = self.turn(query)
        several = query.dim() == 3  # several queries, such as those of all steps of a decoder
        scores = torch.einsum("bqf,btf->bqt" if several else "bf,btf->bt", asked, memory)
        if keep is not None:
            # Steps that are padding are not looked at.
            scores = scores.masked_fill((keep[:, None] if several else keep) == 0, -1e9)
        weights = scores.softmax(-1)
        return torch.einsum("bqt,btf->bqf" if several else "bt,btf->bf", weights, memory), weights
