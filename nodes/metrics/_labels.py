"""What metrics of labels share, of which a sample has any number."""

from __future__ import annotations

SUMS = {
    "label_hits": "(predicted * target).sum(0)",
    "label_told": "predicted.sum(0)",
    "label_true": "target.sum(0)",
}
