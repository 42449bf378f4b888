"""The decorator that turns a function of tensors into an augmentation: a layer between data and model that acts in
training only and is no part of the model."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from nodes.api.calls import Built, Call
from nodes.api.layer import Example, Layer, Port, declared
from nodes.api.params import Param
from nodes.api.shapes import Shape

if TYPE_CHECKING:
    from torch import Tensor

AUGMENTS = "augmentation:"  # before the id of an augmentation in the call it becomes, of which nothing is printed

Transform = Callable[..., "Tensor"]


def augmentation(
    *,
    id: str,
    name: str,
    reads: Callable[[Shape], object],
    params: Sequence[Param] = (),
    examples: Sequence[Example] = (),
    words: Sequence[str] = (),
) -> Callable[[Transform], Layer]:
    """Declare an augmentation: ``function(values, generator, *, settings)`` gives what is trained on in place of
    ``values`` (n, ...), of the same shape.

    All its random numbers must come from ``generator``, which is one of the CPU: the same seed then gives the same
    training, also where it is continued. A training script holds the function as it stands, so it must need nothing
    else of its file, and import what it needs itself. ``reads`` raises ``ShapeError`` for a shape that it cannot take;
    the docstring is the help a student reads.
    """

    def declare(function: Transform) -> Layer:
        keywords = [a.name for a in inspect.signature(function).parameters.values() if a.kind is a.KEYWORD_ONLY]
        if sorted(keywords) != sorted(param.name for param in params):
            raise TypeError(f"{id}: the keyword-only arguments of {function.__name__} are not the settings")

        def build(x: Shape, **settings: Any) -> Built:
            reads(x)
            return Built(Call(AUGMENTS + id, forward=()), output=x)

        return declared(
            build,
            where=function,
            id=id,
            name=name,
            role="augmentation",
            category="augmentation",
            params=params,
            inputs=(Port("x"),),
            help_text=inspect.cleandoc(function.__doc__ or ""),
            examples=examples,
            words=words,
            transform=function,
        )

    return declare
