"""Sources whose schema, data and printed lines begin with the same look at a file: each setting is said once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, Signature, getdoc
from typing import Any, TypeVar

from nodes.api.layer import Layer
from nodes.api.params import Param
from nodes.api.sources import source
from nodes.reading.unpacking import reading_packed

_Made = TypeVar("_Made")


def with_settings(
    function: Callable[[Mapping[str, Any]], _Made], params: Sequence[Param], where: Any, help: str = ""
) -> Callable[..., _Made]:
    """``function`` with the settings as its keyword-only arguments, as ``source`` asks of what it is given. It stands
    in the file of ``where``, a function or class; ``help`` is what a student reads."""

    def called(**settings: Any) -> _Made:
        return function(settings)

    arguments = [Parameter(param.name, Parameter.KEYWORD_ONLY) for param in params]
    called.__signature__ = Signature(arguments)  # type: ignore[attr-defined]
    called.__module__, called.__doc__ = where.__module__, help
    return called


def looked_source(
    look: Callable[..., Any],
    *,
    params: Sequence[Param],
    schema_of: Callable[..., Any],
    feed_of: Callable[..., Any],
    script_of: Callable[..., Any],
    packed: bool = False,
    **declared: Any,
) -> Layer:
    """Declare a source of which the three functions say what one ``look`` has found: it takes the settings as keyword
    arguments, and its docstring is the help. Where it gives a tuple, they take its members. ``packed`` says that packed
    files are read as well; ``declared`` is what ``source`` takes besides."""

    def made(say: Callable[..., Any]) -> Callable[..., Any]:
        def answer(settings: Mapping[str, Any]) -> Any:
            found = look(**settings)
            return say(*found) if isinstance(found, tuple) else say(found)

        function = with_settings(answer, params, look, getdoc(look) or "")
        return reading_packed(function) if packed else function

    return source(params=params, describe=made(schema_of), load=made(feed_of), script=made(script_of), **declared)
