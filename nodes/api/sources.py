"""The call that makes a source of the palette out of a file's functions."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from nodes.api.calls import Built, Call
from nodes.api.corrections import CORRECTIONS, Corrections, corrected, without_corrections
from nodes.api.layer import Example, Layer, declared
from nodes.api.params import File, Int, Param
from nodes.api.schema import NoData, Recognised, Schema
from nodes.api.shape_error import ShapeError

if TYPE_CHECKING:
    from pathlib import Path

    from nodes.api.feeds import Feed

Fields = Mapping[str, Any]
Worth = Callable[[Any], Any]  # what each action is worth in states (n, ...): an array (n, actions)
Load = Callable[..., "Feed | Fields | tuple[Fields, Mapping[str, Any]]"]
_CORRECTIONS = Corrections(CORRECTIONS, label="corrections", help="Samples with another class, or left out.")
# Every source of games has it.
GAMES = Int("games", 8, low=1, high=1024, label="games at once", help="How many are played beside each other.")
DATA = "data:"  # before the id of a source in the call it becomes, of which nothing is printed


class Lengths(NamedTuple):
    """Fields that are equally long, the expression of how many steps of each sample are real (n,), and whether padding
    stands before them."""

    fields: tuple[str, ...]
    steps: str
    before: bool


@dataclass(frozen=True, slots=True)
class Script:
    """Data as lines of a training script, which needs nothing of ours.

    ``imports`` are what the lines need besides torch, ``functional`` and ``math``. ``fields`` say for each field the
    expression that gives its tensor after the lines have run. ``package`` is what has to be installed. ``parts`` is the
    expression of the parts that the data brings itself: indices by the names of PARTS; ``groups`` that of the number of
    each sample's group, (n,). ``unreadable`` is the name of a list with the numbers of samples that could not be read,
    which the lines have filled; these are left out of their batches. ``lengths`` are there where samples of like length
    come together, each batch padded to the longest of ``buckets``.
    """

    lines: tuple[str, ...]
    fields: Mapping[str, str]
    imports: tuple[str, ...] = ()
    package: str = ""
    parts: str = ""
    groups: str = ""
    unreadable: str = ""
    lengths: tuple[Lengths, ...] = ()
    buckets: int = 0


@dataclass(frozen=True)
class Source:
    """What a source's file says besides its settings. Each function takes the settings as keyword arguments.

    Exactly one of ``load``, ``draw``, ``game`` and ``player`` is there; the last two are of data that comes of playing.
    ``script`` is None where the one that is there can be printed as it
    stands. ``paths`` are the settings that name files: without any, ``describe`` looks at nothing but the settings.
    ``needs`` are modules that have to be installed for the data to be had. ``recognise`` says whether it can read a
    file or folder, and with which settings. ``offered`` is its place among those that a button may put before a layer,
    counted from 1; 0 for data that only the student can mean. ``as_trained`` gives the settings by which data is read
    as that of an earlier version was. ``packaged`` says that ``describe`` reads files which
    come inside of packages.
    """

    describe: Callable[..., Schema]
    load: Load | None = None
    draw: Callable[..., Mapping[str, Any]] | None = None
    script: Callable[..., Script] | None = None
    paths: tuple[str, ...] = field(default=())
    needs: tuple[str, ...] = ()
    recognise: Callable[[Path], Recognised | None] | None = None
    again: Callable[..., Feed | None] | None = None
    offered: int = 0
    packaged: bool = False
    game: Callable[..., Call] | None = None
    player: Callable[..., Call] | None = None
    paint: Callable[..., Any] | None = None
    as_trained: Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]] | None = None

    @property
    def plays(self) -> bool:
        """Whether its data comes of playing with the present net."""
        return self.game is not None or self.player is not None

    @property
    def looked_at(self) -> bool:
        """Whether ``describe`` reads files, so that it is asked beside the window and its answer is kept."""
        return self.packaged or bool(self.paths)


def source(
    *,
    id: str,
    name: str,
    describe: Callable[..., Schema],
    load: Load | None = None,
    draw: Callable[..., Mapping[str, Any]] | None = None,
    script: Callable[..., Script] | None = None,
    params: Sequence[Param] = (),
    fields: Sequence[str] = (),
    examples: Sequence[Mapping[str, Any]] = (),
    words: Sequence[str] = (),
    needs: Sequence[str] = (),
    recognise: Callable[[Path], Recognised | None] | None = None,
    again: Callable[..., Feed | None] | None = None,
    offered: int = 0,
    packaged: bool = False,
    game: Callable[..., Call] | None = None,
    player: Callable[..., Call] | None = None,
    paint: Callable[..., Any] | None = None,
    as_trained: Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]] | None = None,
    stem: str = "",
) -> Layer:
    """Declare a source. Its functions take the settings, declared in ``params``, as keyword arguments.

    Args:
        describe: says what there is, without loading it. Its docstring is the help a student reads. Where a setting
            names a file it may read the file's head; else it must look at nothing but the settings.
        load: gives the data as its fields: a tensor, an array or a ``Column`` by name; data that brings its own parts
            gives its fields and the indices of each part. Or as a ``Feed``, which is both.
        draw: in place of ``load``, for data without an end: ``draw(count, generator, **settings)`` gives the fields of
            as many fresh samples. All its random numbers must come from ``generator``.
        script: the lines that load the same data in a training script. Without it ``load`` or ``draw`` is printed as
            it stands, so it must need nothing else of its file, and import what it needs itself.
        fields: the names of the outputs; needed only where a setting names a file. ``describe`` may leave some out.
            Where they are named, ``describe`` is not asked before somebody looks at the source or its examples: to
            be named for data that takes its time to be made up, because all sources are declared at the start.
        examples: settings that the tests try, besides the defaults.
        needs: modules besides torch and numpy that the data comes with, such as ``sklearn``.
        recognise: whether this source can read what was dropped on the window, and with which settings; None if not.
            It looks at names and first bytes alone, and is asked for every file that is dropped.
        again: gives other data as that of a training was prepared, ``again(settled, fields, **settings)``: these fields
            alone, by what the schema of the training has written down in ``settled``; None if that says nothing of
            them. Without it, other data is read with the same settings.
        offered: its place, from 1, among the data that a button may put before a layer that has none; 0 for none of
            these, as where the student has to say which data is meant.
        packaged: whether ``describe`` reads files that come inside of packages. Then it may take its time and say that
            one is missing, as where a setting names a file.
        game: in place of ``load``, for data that comes of playing: gives the constructor of one game, a class of
            ``nodes.modules`` with ``reset`` and ``step`` as in gymnasium and the number of its ``actions``. The
            fields are state, action, reward, next_state and ended. Policy, replay memory and slow copy of the recipe
            do the rest. It has the setting ``GAMES``: how many are played at once.
        player: the same for a way to play of its own: gives the constructor of a class of ``nodes.modules`` that has
            what ``modules.Player`` has. Its setting ``batches`` says how many make an epoch.
        paint: of a ``game``: ``paint(game, worth)`` gives its picture now, (height, width, 3) uint8.
            ``worth(states)`` says what each action is worth in each of these states, (n, actions). Without it the
            game's own ``render()`` is asked.
        as_trained: the settings by which a file is read as it was for a training whose schema has written down
            ``settled``, ``as_trained(settled, settings)``: for guesses that earlier versions made in another way.
        stem: what fresh nodes are called: ``arrays`` gives ``arrays1``. Without it, the words of its id with _ between.

    ``describe`` and ``load`` raise ValueError with a sentence where the data cannot be had.
    """
    if sum(each is not None for each in (load, draw, game, player)) != 1:
        raise TypeError(f"{id}: a source has one of load, draw, game and player")
    taken = [describe, *(each for each in (load, draw, script, game, player) if each is not None)]
    for function in taken:
        keywords = [a.name for a in inspect.signature(function).parameters.values() if a.kind is a.KEYWORD_ONLY]
        if sorted(keywords) != sorted(param.name for param in params):
            raise TypeError(f"{id}: the keyword-only arguments of {function.__name__} are not the settings")
    paths = tuple(param.name for param in params if isinstance(param, File))
    unseen = packaged or bool(paths)
    if unseen and not fields:
        raise TypeError(f"{id}: nobody can say which fields a file has before there is one; name them in fields")
    usual = {param.name: param.default for param in params}
    tried = _Tried(describe, usual, () if unseen else ({}, *examples))

    def build(**settings: Any) -> Built:
        if unseen:
            raise ShapeError("Nobody has looked at its data yet.")
        try:
            schema = describe(**without_corrections(settings))
            return described(id, corrected(schema, settings.get(CORRECTIONS, ())))
        except NoData as reason:
            raise ShapeError(str(reason)) from None

    return declared(
        build,
        where=describe,
        id=id,
        name=name,
        role="source",
        category="sources",
        params=params,
        outputs=tuple(fields) or tuple(tried[0].outputs),
        help_text=inspect.cleandoc(describe.__doc__ or ""),
        examples=tried,
        words=words,
        stem=stem or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", id).lower(),
        source=Source(
            describe,
            load,
            draw,
            script,
            paths,
            tuple(needs),
            recognise,
            again,
            offered,
            packaged,
            game,
            player,
            paint,
            as_trained,
        ),
        kept=(_CORRECTIONS,) if load is not None else (),
    )


class _Tried(Sequence[Example]):
    """The examples of a source, each described when somebody asks for it."""

    def __init__(
        self, describe: Callable[..., Schema], usual: Mapping[str, Any], examples: Sequence[Mapping[str, Any]]
    ) -> None:
        self._describe, self._usual, self._examples = describe, usual, examples

    def __len__(self) -> int:
        return len(self._examples)

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Example]: ...
    def __getitem__(self, index: int | slice) -> Example | Sequence[Example]:
        if isinstance(index, slice):
            return [self[each] for each in range(len(self))[index]]
        params = self._examples[index]
        return Example(params=params, outputs=self._describe(**{**self._usual, **params}).shapes)


def described(id: str, schema: Schema) -> Built:
    """A source whose data was looked at."""
    return Built(Call(DATA + id, forward=()), outputs=schema.shapes, about=schema.about)
