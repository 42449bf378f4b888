"""Pictures that a net would love to see: objective + parametrisation + transforms + ascent, one file each.

After Mordvintsev, Olah and Tyka, "Inceptionism: Going deeper into neural networks" (Google Research blog, 2015) and
Olah, Mordvintsev and Schubert, "Feature Visualization" (Distill, 2017, doi:10.23915/distill.00007), made to work on
pictures as small as 8×8 with one channel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.insight.dream.ascent import DreamSettings, DreamStep, dream

__all__ = ["DreamSettings", "DreamStep", "dream"]


def __getattr__(name: str) -> Any:
    """The window reads objectives and lists what was dreamt before torch is loaded; only a dream itself needs it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from app.insight.dream import ascent

    return getattr(ascent, name)
