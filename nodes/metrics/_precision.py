"""What the mean average precision of boxes is counted from, as COCO and pycocotools do it.

The boxes of a picture are taken from the surest on; each is a hit if it overlaps a true box of its class that no surer
one has taken, by at least the limit, and takes the one that it overlaps most. Hits and the others are counted by class,
limit and narrow step of the score, so that an epoch needs no memory of every box; two scores in one step count as
equal.
"""

from __future__ import annotations

from nodes.api import Counted

STEPS = 2048
LIMITS = 10  # 0.5, 0.55, …, 0.95
_FIRST = (
    "kind, real = found[..., 5].long(), true_kinds > 0",
    "ends = [(each[..., :2] - each[..., 2:4] / 2, each[..., :2] + each[..., 2:4] / 2) for each in (found, true_boxes)]",
    "shared = torch.minimum(ends[0][1].unsqueeze(2), ends[1][1].unsqueeze(1))",
    "shared = (shared - torch.maximum(ends[0][0].unsqueeze(2), ends[1][0].unsqueeze(1))).clamp(min=0).prod(-1)",
    "union = found[..., 2:4].prod(-1).unsqueeze(2) + true_boxes[..., 2:].prod(-1).unsqueeze(1) - shared",
    "overlap = torch.where(kind.unsqueeze(2) == true_kinds.unsqueeze(1), shared / union.clamp(min=1e-9), 0.0)",
    f"limits = torch.arange({LIMITS}, device=found.device) * 0.05 + 0.5",
    f"free = real.unsqueeze(1).expand(-1, {LIMITS}, -1)  # by picture, limit and true box",
    "hits = []",
    "for place in range(found.shape[1]):  # from the surest box on",
    "    most, which = (overlap[:, place].unsqueeze(1) * free).max(-1)",
    "    hit = most >= limits - 1e-6",
    "    free = free & ~(hit.unsqueeze(-1) & torch.nn.functional.one_hot(which, free.shape[-1]).bool())",
    "    hits.append(hit)",
    "hit, told = torch.stack(hits, -1), (kind > 0).unsqueeze(1)",
    f"step = (found[..., 4] * {STEPS}).long().clamp(0, {STEPS - 1}).unsqueeze(1)",
    f"limit = torch.arange({LIMITS}, device=found.device).unsqueeze(-1)",
    f"counts = ((limit * {{kinds}} + kind.unsqueeze(1)) * {STEPS} + step, hit & told, ~hit & told)",
)
_SIZE = f"minlength={LIMITS * STEPS} * {{kinds}}"
_SUMS = {
    "box_hits": f"torch.bincount(counts[0][counts[1]], {_SIZE})",
    "box_misses": f"torch.bincount(counts[0][counts[2]], {_SIZE})",
    "objects": "torch.bincount(true_kinds[real], minlength={kinds})",
}
_CURVES = (
    f"box_hits = {{box_hits}}.double().reshape({LIMITS}, {{kinds}}, {STEPS}).flip(-1).cumsum(-1)",
    f"box_misses = {{box_misses}}.double().reshape({LIMITS}, {{kinds}}, {STEPS}).flip(-1).cumsum(-1)",
    "reached = box_hits / {objects}.clamp(min=1).unsqueeze(-1)  # recall, down to each score",
    "exact = box_hits / (box_hits + box_misses).clamp(min=1)",
    "exact = exact.flip(-1).cummax(-1).values.flip(-1)  # the best precision from this recall on",
    "recalls = torch.linspace(0, 1, 101, dtype=torch.float64, device=exact.device).expand(*exact.shape[:2], -1)",
    "at = torch.searchsorted(reached.contiguous(), recalls.contiguous() - 1e-9)",
    f"averages = (exact.gather(-1, at.clamp(max={STEPS - 1})) * (at < {STEPS})).mean(-1)[:, {{objects}} > 0]",
)


def averaged(limits: str) -> Counted:
    """The mean over the classes that occur, at these of the limits (a slice)."""
    return Counted(_SUMS, f"averages[{limits}].mean().item()", lines=_CURVES, first=_FIRST)
