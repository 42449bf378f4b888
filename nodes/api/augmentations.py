"""The decorator that turns a function of tensors into an augmentation: a layer between data and model that acts in
training only and is no part of the model."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from nodes.api.calls import Built, Call
from nodes.api.layer import Example, Layer, Port, declared
from nodes.api.params import Param
from nodes.api.pictures import Draw
from nodes.api.shape_error import ShapeError
from nodes.api.shapes import Shape, describe

if TYPE_CHECKING:
    from torch import Tensor

AUGMENTS = "augmentation:"  # before the id of an augmentation in the call it becomes, of which nothing is printed

Transform = Callable[..., "Tensor | tuple[Tensor, Tensor]"]
TARGET = "label"  # the port at which a target enters and leaves an augmentation that changes it too


def entered_by(output: str) -> str:
    """The input of an augmentation that becomes this output of it."""
    return "x" if output == "output" else output


def augmentation(
    *,
    id: str,
    name: str,
    reads: Callable[[Shape], object],
    params: Sequence[Param] = (),
    examples: Sequence[Example] = (),
    words: Sequence[str] = (),
    formula: str = "",
    followed_by: Sequence[str] = (),
    picture: Draw | None = None,
) -> Callable[[Transform], Layer]:
    """Declare an augmentation: ``function(values, generator, *, settings)`` gives what is trained on in place of
    ``values`` (n, ...), of the same shape.

    ``function(values, targets, generator, *, settings)`` mixes samples, and gives values and targets. Classes arrive as
    probabilities (n, classes), one-hot if nothing has mixed them yet, and leave as such; outside of training they are
    handed on one-hot. Numbers stay what they are.

    All its random numbers must come from ``generator``, which is one of the CPU: the same seed then gives the same
    training, also where it is continued. A training script holds the function as it stands, so it must need nothing
    else of its file, and import what it needs itself. ``reads`` raises ``ShapeError`` for a shape that it cannot take;
    the docstring is the help a student reads.
    """

    def declare(function: Transform) -> Layer:
        arguments = inspect.signature(function).parameters.values()
        keywords = [a.name for a in arguments if a.kind is a.KEYWORD_ONLY]
        mixes = len(arguments) - len(keywords) == 3
        if sorted(keywords) != sorted(param.name for param in params):
            raise TypeError(f"{id}: the keyword-only arguments of {function.__name__} are not the settings")

        def build(x: Shape, **settings: Any) -> Built:
            reads(x)
            return Built(Call(AUGMENTS + id, forward=()), output=x)

        def build_mixing(x: Shape, label: Shape, **settings: Any) -> Built:
            reads(x)
            return Built(Call(AUGMENTS + id, forward=()), outputs={"output": x, TARGET: mixed(label)})

        return declared(
            build_mixing if mixes else build,
            where=function,
            id=id,
            name=name,
            role="augmentation",
            category="augmentation",
            params=params,
            inputs=(Port("x"), Port(TARGET)) if mixes else (Port("x"),),
            outputs=("output", TARGET) if mixes else ("output",),
            help_text=inspect.cleandoc(function.__doc__ or ""),
            examples=examples,
            words=words,
            formula=formula,
            followed_by=tuple(followed_by),
            picture=picture,
            transform=function,
        )

    return declare


def mixed(target: Shape) -> Shape:
    """What a target is once samples are mixed: a probability for each class. Numbers stay what they are.

    Raises:
        ShapeError: if it is neither numbers nor one class of known ones for each sample.
    """
    if target.dtype == "float":
        return target
    if target.rank:
        sentence = (
            f"One label for each sample can be mixed, but {describe(target)} arrives. Take this augmentation out."
        )
        raise ShapeError(sentence, port=TARGET)
    if target.classes is None:
        sentence = "The data does not say how many classes there are, so labels cannot be mixed. Wire a class to it."
        raise ShapeError(sentence, port=TARGET)
    return Shape((target.classes,), "float", target.classes)
