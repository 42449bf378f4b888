"""Top-k accuracy."""

from __future__ import annotations

from nodes.api import Counted, Int, metric


@metric(
    id="top_k",
    name="Top-k accuracy",
    params=[Int("k", 5, low=1, high=1000, help="How many of the likeliest classes count as an answer.")],
    percent=True,
)
def top_k(*, k: int) -> Counted:
    """The share of samples whose class is among the k likeliest; 5 of them unless set otherwise."""
    best = f"probabilities.topk(min({k}, {{classes}}), -1).indices"
    sums = {"in_top": f"({best} == target.unsqueeze(-1)).sum()", "answers": "target.numel()"}
    return Counted(sums, "{in_top}.item() / {answers}")
