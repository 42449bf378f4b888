"""The commands data and start: what was understood of data, and a drawing for it."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from app.cli.examining import is_quick, lines_of, looked_through
from app.cli.out import Stop, Usage, complain, deliver, say, say_json, sound_project
from app.core.graph.model import Project
from app.core.starting.first_net import FirstNet, drawing_for, fitted_net
from app.core.storage.files import text_for
from app.data.source_looks import schema_of
from app.data.understanding import UnderstoodSource, as_drawn, candidates, first_sentence, looked_at, understand
from nodes.api import BadSetting, Field, NoData, cut
from nodes.api.params import plain_value
from nodes.api.registry import find, layers
from nodes.api.words import listed, quoted

_SHOWN = 20  # of what was skipped, and of the classes


def data(what: str, changes: Sequence[str], as_json: bool, full: bool = False) -> int:
    """What was understood of a file, a folder or a source of the palette; status 1 if nothing can read it. Small data
    is looked through sample by sample, other data with ``full``."""
    try:
        found = understood(what, changes)
    except NoData as reason:
        complain(_with_choices(reason))
        if as_json:
            choices = [{"label": label, "setting": name, "value": value} for label, name, value in reason.choices]
            say_json({"data": what, "ok": False, "sentence": str(reason), "choices": choices})
        return 1
    for line in () if as_json else _lines(found):  # before the samples are looked through, which takes its time
        say(line)
    examination, trouble = None, ""
    if full or is_quick(found):
        try:
            examination = looked_through(found, as_json)
        except NoData as reason:
            trouble = str(reason)
    if as_json:
        told = _as_dict(what, found)
        told["ok"] = not trouble
        told["warnings"] = [*told["warnings"], *(examination.remarks if examination is not None else ())]
        told["examined"] = examination.as_dict() if examination is not None else None
        if trouble:
            told["trouble"] = trouble
        say_json(told)
    else:
        for line in lines_of(examination) if examination is not None else ():
            say(line)
        if examination is None and not trouble:
            say("The samples themselves were not looked through, as there are many. Do that with --full.")
    if trouble:
        complain(trouble)
    return 1 if trouble else 0


def start(what: str, out: Path, net: str | None, changes: Sequence[str]) -> int:
    """Write a drawing for data that trains as it stands."""
    try:
        found = understood(what, changes)
    except NoData as reason:
        raise Stop(_with_choices(reason)) from None
    assert found.schema is not None
    path = Path(what)
    title = path.stem if path.exists() else found.layer.name
    try:
        if net is None:
            made = drawing_for(found.layer, found.settings, found.schema, title)
        else:
            found, made = _fitted(sound_project(net)[0], found, what, _given(changes))
    except ValueError as reason:
        raise Stop(str(reason)) from None
    deliver(out, text_for(made.project, Path(os.devnull) if str(out) == "-" else out).encode(), found.sentence)
    if str(out) != "-":
        say(made.sentence)
        say(f"Train it with: netloom train {out}")
    return 0


def _fitted(
    project: Project, first: UnderstoodSource, what: str, given: Mapping[str, Any]
) -> tuple[UnderstoodSource, FirstNet]:
    """The drawing with data as the surest source reads it whose data it can be made to fit: a text as pairs of words,
    where the net learns of pairs.

    Raises:
        ValueError: why it does not fit what the data most likely is.
    """
    drawn, trouble = {**_drawn(project), **given}, None
    for each in (first, *_others(first, what, given)):
        found = as_drawn(each, drawn) or each
        assert found.schema is not None
        try:
            return found, fitted_net(project, found.layer, found.settings, found.schema)
        except ValueError as reason:
            trouble = trouble or reason
    assert trouble is not None
    raise trouble


def _others(first: UnderstoodSource, what: str, given: Mapping[str, Any]) -> Iterator[UnderstoodSource]:
    """What else can read the data, with the settings that were given."""
    for each in candidates(Path(what)) if Path(what).exists() else ():
        if each.layer.id == first.layer.id or any(name not in each.settings for name in given):
            continue
        looked = _with(each, given) if given else looked_at(each)
        if looked.schema is not None:
            yield looked


def _drawn(project: Project) -> Mapping[str, Any]:
    """The settings of the first source of a drawing."""
    nodes = ((find(node.type), node) for node in project.graph.nodes.values())
    return next((layer.settings(node.params) for layer, node in nodes if layer and layer.role == "source"), {})


def _with_choices(reason: NoData) -> str:
    """Why data cannot be had, with what can be done about it here."""
    told = [f"{label} (--set {_typed(name, value)})" for label, name, value in reason.choices]
    return f"{reason} Choices: {listed(told, '; ', letters=160)}" if told else str(reason)


def understood(what: str, changes: Sequence[str]) -> UnderstoodSource:
    """A path or the id of a source, looked at with the settings that were given.

    Raises:
        NoData: with a sentence, if nothing can read it.
        Usage: for a setting that the source does not have.
    """
    if not what:  # such as a variable of the shell that is not set
        raise Usage("An empty path was given. Name a file, a folder or a source such as Digits.")
    given = _given(changes)
    layer = next((each for each in layers().values() if each.source is not None and _is_called(each.id, what)), None)
    if layer is not None and not Path(what).exists():
        assert layer.source is not None
        missing = [name for name in layer.source.paths if name not in given]
        if missing:
            raise Usage(f"{layer.id} reads files: give the path instead, or --set {missing[0]}=PATH.")
        settings = _settings(layer.settings, {**layer.defaults(), **given})
        return UnderstoodSource(layer, settings, 1.0, schema_of(layer, settings))
    if os.path.basename(what) == what and not os.path.lexists(what):
        known = [each.id for each in layers().values() if each.source is not None]
        near = get_close_matches(what, known, n=3, cutoff=0.65)
        which = f"Did you mean {' or '.join(near)}?" if near else f"Sources are {listed(known)}."
        raise NoData(f"There is no file or folder {cut(what, 200)}, and no source of that name. {which}")
    first, tried = None, candidates(Path(what))
    if tried and sys.stderr.isatty():  # somebody waits
        complain(first_sentence(tried[0]))
    for each in understand(Path(what), tried):
        if given:
            each = _with(each, given)
        if each.schema is not None:
            return each
        first = first or each
    assert first is not None
    raise NoData(first.trouble, choices=first.choices)


def _with(found: UnderstoodSource, given: Mapping[str, Any]) -> UnderstoodSource:
    """The same source with other settings."""
    settings = _settings(found.layer.settings, {**found.settings, **given})
    return looked_at(UnderstoodSource(found.layer, settings, found.sure, found.schema))


def _settings(check: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return dict(check(values))
    except BadSetting as bad:
        raise Usage(str(bad)) from None


def _given(changes: Sequence[str]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for text in changes:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise Usage(f"--set takes a name and a value, such as --set size=32, not {quoted(text)}.")
        name, found = name.strip(), plain_value(value)
        more = name in given and isinstance(found, str) and "=" in found  # of one column after another
        given[name] = f"{given[name]}, {found}" if more else found
    return given


def _is_called(id: str, what: str) -> bool:
    return id.casefold() == what.casefold()


def _lines(found: UnderstoodSource) -> Iterator[str]:
    """What was understood, for a person."""
    schema = found.schema
    assert schema is not None
    yield found.sentence
    yield f"Read as: {found.layer.name} ({found.layer.id})"
    for name, field in schema.fields.items():
        yield f"  {name}: {_of(field)}"
        if field.counts:
            words = field.words or tuple(str(number) for number in range(len(field.counts)))
            for word, count in list(zip(words, field.counts))[:_SHOWN]:
                yield f"    {cut(word)}: {count:,}"
            if len(field.counts) > _SHOWN:
                yield f"    and {len(field.counts) - _SHOWN:,} more classes"
        elif field.words:
            yield f"    {listed(field.words, most=_SHOWN)}"
    for part, count in schema.parts.items():
        yield f"Part {part}: {count:,} {schema.noun[count != 1]}"
    if schema.ordered:
        yield "The samples follow one another in time: the last ones are held out, never some from the middle."
    if schema.overlap:
        shared = f"{schema.overlap:,} {schema.noun[schema.overlap != 1]}"
        verb = "is" if schema.overlap == 1 else "are"
        yield f"Between two parts {shared} {verb} left out, which would reach from one into the other."
    if schema.groups:
        yield f"Samples of one {cut(schema.groups)} are kept together."
    for guess in schema.guesses:
        others = [f"{label} (--set {_typed(guess.setting, value)})" for label, value in guess.choices]
        chosen = next((label for label, value in guess.choices if value == guess.chosen), str(guess.chosen))
        yield f"Guessed: {guess.sentence} Now: {chosen}. Choices: {listed(others, '; ', letters=120)}"
    for remark in schema.remarks:
        yield f"Note: {remark}"
    for skipped in schema.skipped[:_SHOWN]:
        yield f"Skipped {cut(skipped.name, 200)}: {skipped.sentence}"
    if schema.skipped_count > min(len(schema.skipped), _SHOWN):
        yield f"and {schema.skipped_count - min(len(schema.skipped), _SHOWN):,} more skipped"


def _of(field: Field) -> str:
    kind = "float" if field.dtype == "float" else "int"
    sizes = " × ".join(f"{side:,}" for side in field.sizes) or "one value"
    count = len(field.classes) if isinstance(field.classes, tuple) else field.classes
    return f"{sizes}, {kind}" + (f", {count:,} class{'es' if count != 1 else ''}" if count else "")


def _typed(setting: str, value: Any) -> str:
    """A setting as it can be typed in a shell; one with a line break cannot be typed."""
    text = f"{setting}={_plain(value)}"
    return shlex.quote(text) if text.isprintable() else repr(text)


def _plain(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def _as_dict(what: str, found: UnderstoodSource) -> dict[str, Any]:
    """Everything, for other programs."""
    schema = found.schema
    assert schema is not None
    return {
        "data": what,
        "ok": True,
        "sentence": found.sentence,
        "source": found.layer.id,
        "settings": dict(found.settings),
        "sure": found.sure,
        "samples": schema.samples,
        "noun": list(schema.noun),
        "fields": {
            name: {
                "shape": list(field.sizes),
                "dtype": field.dtype,
                "classes": list(field.classes) if isinstance(field.classes, tuple) else field.classes,
                "counts": list(field.counts),
            }
            for name, field in schema.fields.items()
        },
        "parts": dict(schema.parts),
        "ordered": schema.ordered,
        "overlap": schema.overlap,
        "groups": schema.groups,
        "guesses": [
            {
                "setting": guess.setting,
                "sentence": guess.sentence,
                "choices": [{"label": label, "value": value} for label, value in guess.choices],
                "chosen": guess.chosen,
            }
            for guess in schema.guesses
        ],
        "warnings": list(schema.remarks),
        "skipped": [{"name": each.name, "reason": each.reason} for each in schema.skipped],
        "skipped_count": schema.skipped_count,
        "stamp": schema.stamp,
    }
