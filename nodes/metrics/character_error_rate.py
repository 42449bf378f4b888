"""The character error rate."""

from __future__ import annotations

from nodes.api import Counted, metric

# What is told: the likeliest class of each step, without repeats and blanks, moved to the left. Then the edit distance
# of all texts at once, row by row: how many letters are to be changed, taken out or put in.
_FIRST = (
    "likeliest = steps.argmax(-1)",
    "before = torch.nn.functional.pad(likeliest, (1, -1), value=-1)",
    "told = (likeliest != before) & (likeliest != {blank})",
    "spelt = likeliest.gather(1, told.int().sort(dim=1, descending=True, stable=True).indices)",
    "spoken, written = told.sum(1, keepdim=True), (letters != {blank}).sum(1, keepdim=True)",
    "places = torch.arange(letters.shape[1] + 1, device=letters.device)",
    "row = places.expand(len(letters), -1)",
    "distance = row.gather(1, written)",
    "for step in range(spelt.shape[1]):",
    "    changed = torch.minimum(row[:, 1:] + 1, row[:, :-1] + (spelt[:, step, None] != letters))",
    "    row = torch.cat([row[:, :1] + 1, changed], 1)",
    "    row = (row - places).cummin(1).values + places",
    "    distance = torch.where(spoken == step + 1, row.gather(1, written), distance)",
)


@metric(id="cer", name="Character error rate", reads="texts", higher=False, percent=True)
def character_error_rate() -> Counted:
    """How many letters have to be changed, taken out or put in until what is spelt is what was written, as a share of
    all letters that were written; over 100 % where much too much is spelt. For a net with a CTC loss, read as its
    likeliest path."""
    sums = {"edits": "distance.sum()", "written": "written.sum()"}
    return Counted(sums, "({edits} / {written}).item() if {written} else math.nan", first=_FIRST)
