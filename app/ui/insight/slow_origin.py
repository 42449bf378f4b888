"""Which net a slow view that was started is made of, so that it can be made again once that is another."""

from __future__ import annotations

from app.insight.poke import Poke
from app.training.position import At
from app.ui.session import Session

# After something was done to the net, until what is shown is made of that: while a knob is turned nothing begins anew.
POKE_MS = 300

LookedAt = tuple[At | None, tuple[Poke, ...]]


def looked_at(session: Session) -> LookedAt:
    """The moment that is looked at, None for the newest weights, and what is done to the copy of the net."""
    return session.time.epoch, session.pokes.now.pokes
