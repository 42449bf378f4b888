"""What metrics share that are read off the confusion matrix, and the setting that asks for one class alone."""

from __future__ import annotations

from nodes.api import KNOWN, Counted, Int

SUMS = {"pairs": "torch.bincount(({classes} * target + predicted)[known].flatten(), minlength={classes} ** 2)"}
_PAIRS = "pairs = {pairs}.double().reshape({classes}, {classes})  # rows: right class, columns: chosen class"
_LINES = {"hits": "hits = pairs.diagonal()", "true": "true = pairs.sum(1)", "told": "told = pairs.sum(0)"}
OF_CLASS = Int(
    "of_class",
    -1,
    low=-1,
    high=1_000_000,
    label="class",
    help="The number of the class that is measured alone, from 0; −1 is the mean over all classes that occur.",
)


def by_class(values: str, of_class: int, occur: str = "true + told > 0") -> Counted:
    """A metric with a value for each class: ``values`` and ``occur`` are code that knows ``hits`` (right answers),
    ``true`` (samples) and ``told`` (answers), each by class."""
    chosen = occur if of_class < 0 else f"{of_class} : {of_class + 1}"
    value = f"({values})[{chosen}].mean().item()"
    lines = [line for name, line in _LINES.items() if name in value]
    return Counted(SUMS, value, lines=(_PAIRS, *lines), first=(KNOWN,))
