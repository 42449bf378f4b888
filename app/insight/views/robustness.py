"""How many samples a net still knows when each is changed a little against it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from app.insight.view import PART, Look, ViewStep, view
from nodes.api.params import Choice, File, Float, Int


@view(
    "Under attack",
    "How many samples the network still knows when each is changed a little against it, and another run beside it.",
    Float("epsilon", 0.2, help="How far a pixel may change at most, 1 from black to white", low=0.0, high=1.0,
          step=0.01, open_low=True),
    Int("points", 9, help="How many changes between 0 and that are tried", low=2, high=24),
    Choice("method", "fgsm", help="fgsm: one step against the answer; pgd: ten small ones", options=("fgsm", "pgd")),
    PART,
    Int("count", 200, label="samples", help="The first so many samples of the part are attacked", low=1, high=100_000),
    File("other", "", label="other run", help="A run to compare with, such as one trained with adversarial = 0.1"),
    about="net",
    imports=("captum.robust",),
    group="Answers",
)  # fmt: skip
def robustness(
    look: Look, epsilon: float, points: int, method: str, part: str, count: int, other: str
) -> Iterator[ViewStep]:
    """Bars for each epsilon; after each of them what is known so far."""
    from app.insight.robustness import bars, beside, curve

    run = beside(look.net, other) if other else None
    name = Path(run.folder).name if run is not None else ""
    found = curve(look.subject, epsilon, points, method, part, count, run)  # type: ignore[arg-type]
    for number, known in enumerate(found, 1):
        made = bars(known, epsilon, points, method, count, name)
        yield ViewStep(number, points, made, known[-1].accuracy)
