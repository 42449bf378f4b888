"""Perplexity."""

from __future__ import annotations

from nodes.api import KNOWN, OWN, Counted, metric


@metric(id="perplexity", name="Perplexity", higher=False)
def perplexity() -> Counted:
    """Among how many equally likely classes the network still hesitates, on average: 1 is certain and right, the number
    of classes is guessing."""
    sums = {"surprise": "surprises.gather(-1, own).squeeze(-1)[known].double().sum()", "judged": "known.sum()"}
    return Counted(sums, "({surprise} / {judged}).exp().item()", first=(KNOWN, OWN))
