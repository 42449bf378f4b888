"""Training without ``torch._dynamo``, the part of ``torch.compile`` that torch otherwise imports for it.

The first optimizer of a process imports it, and so does the first call that is heard: 800 modules, which takes longer
than many a training and holds many megabytes, only to tell a compiler what it must leave alone. Nothing is compiled
here.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import torch
from torch.optim import Optimizer

Kind = TypeVar("Kind", bound=type)

_COMPILER = "_dynamo"


@functools.cache
def spare_the_compiler() -> None:
    """Let optimizers be made, stepped, kept and given back without that import. What they compute stays the same.

    A method that imports nothing of it, as in another version of torch, stays as it is.
    """
    for each in (Optimizer, *_below(Optimizer)):
        for name, method in list(vars(each).items()):
            if _imports_it(method):
                plain = method.__wrapped__
                setattr(each, name, _as_differentiable(plain) if name == "step" else plain)


def spared(kind: Kind) -> Kind:
    """The same class, of whose own methods none imports the compiler: torch wraps those that hear every call."""
    for name, method in list(vars(kind).items()):
        if _imports_it(method):
            setattr(kind, name, method.__wrapped__)
    return kind


def _below(parent: type) -> Iterator[type]:
    children: list[type] = parent.__subclasses__()
    for child in children:
        yield child
        yield from _below(child)


def _imports_it(method: Any) -> bool:
    """Whether a method is one of torch's wrappers that name the compiler."""
    code = getattr(method, "__code__", None)
    named = (*code.co_names, *code.co_varnames) if code is not None else ()
    return hasattr(method, "__wrapped__") and any(_COMPILER in name for name in named)


def _as_differentiable(step: Callable[..., Any]) -> Callable[..., Any]:
    """A step whose gradients are recorded only where the optimizer is told to, which is never."""

    @functools.wraps(step)
    def stepped(self: Optimizer, *args: Any, **named: Any) -> Any:
        with torch.set_grad_enabled(self.defaults["differentiable"]):
            return step(self, *args, **named)

    return stepped
