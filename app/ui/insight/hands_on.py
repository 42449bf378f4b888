"""Lets everything that looks at a net see a copy of it on which somebody has laid hands. Carried out in jobs; no Qt."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from app.insight.poke import Poke, words_of
from app.insight.view import Subject
from app.ui.insight.views import NothingToShow, ViewRequest

if TYPE_CHECKING:
    from torch import nn

    from app.core.compile.net import CompiledNet

_kept: weakref.WeakKeyDictionary[nn.Module, tuple[tuple[Poke, ...], CompiledNet, nn.Module]] = (
    weakref.WeakKeyDictionary()
)


def hands_on(subject: Subject, pokes: tuple[Poke, ...]) -> Subject:
    """The copy of a net to which this was done, in its place; its caption says so.

    Raises:
        NoPicture: if it cannot be done to this net.
    """
    from app.insight.poked_copy import poked

    known = _kept.get(subject.model)
    if known is not None and known[0] == pokes and subject.progress is None:
        net, model = known[1:]
    else:
        net, model = poked(subject.net, subject.model, pokes)
        if subject.progress is None:  # the weights of a training move on
            _kept[subject.model] = (pokes, net, model)
    caption = f"{subject.caption}; poked: {words_of(pokes, 2)}".removeprefix("; ")
    return replace(subject, net=net, model=model, caption=caption, untouched=subject)


def look_at_poked(
    requests: dict[str, ViewRequest],
    subject: Subject,
    pokes: tuple[Poke, ...],
    look_all: Callable[[dict[str, ViewRequest], Subject], dict[str, object]],
) -> dict[str, object]:
    """``look_all`` at the poked copy; those who compare it with the net as it is (``untouched``) get the net itself."""
    from app.insight.tiles import NoPicture

    own = {key: request for key, request in requests.items() if getattr(request, "untouched", False)}
    seen = look_all(own, subject) if own else {}
    rest = {key: request for key, request in requests.items() if key not in own}
    if not rest:
        return seen
    try:
        other = hands_on(subject, pokes)
    except NoPicture as reason:
        return seen | {key: NothingToShow(str(reason)) for key in rest}
    return seen | look_all(rest, other)
