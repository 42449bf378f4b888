"""What a view is: a function that makes pictures of a net, with its name, its settings and a sentence about it.

This file and the declarations loads neither torch nor numpy: the window lists its views before there is any net.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from nodes.api.params import BadSetting, Choice, File, Int, Param

if TYPE_CHECKING:
    from torch import Tensor, nn

    from app.core.compile.net import CompiledNet
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles
    from app.training.signals import Updates

# What views are listed under, in this order.
Group = Literal["Layers", "Answers", "Where it looks", "How it learns", "Space", "Text", "What it makes", "More"]
GROUPS: tuple[Group, ...] = get_args(Group)
# Of the one layer that is named; of that or else of the class scores; of that or else the first one that it can be of;
# or of the net as a whole.
About = Literal["layer", "scores", "fitting", "net"]
SAMPLE = Int("sample", 0, help="Which validation sample to show", low=0)
IMAGE = File("image", "", help="The file of a picture, to be shown in the place of a sample")
PART = Choice(
    "part",
    "validation",
    options=("validation", "train", "test"),
    help="The samples that check the result, that are trained on, or that are kept for a test",
)


PART_WORDS = {"train": "training", "validation": "validation", "test": "test", "": "in no part"}


@dataclass(frozen=True)
class SampleChoice:
    """A sample that somebody has chosen among all of the data, whatever part it is in: its number there, what it is
    called, and the part, one of PARTS or empty. One that is not of the data, such as a picture from a file, brings its
    own ``values``, batches of one by field (``digits.image``), and a number below 0 that no other has."""

    number: int
    name: str
    part: str = ""
    values: Mapping[str, Tensor] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Samples:
    """Some samples that were kept out of training, by field (``digits.image``), and what they are called."""

    fields: Mapping[str, Tensor]
    names: tuple[str, ...]
    classes: tuple[str, ...] = ()
    picture: str | None = None  # the field that is an image, if there is one
    note: str = ""

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.names)

    def one(self, index: int) -> dict[str, Tensor]:
        """A batch of one sample, by field."""
        return {name: values[index : index + 1] for name, values in self.fields.items()}

    def several(self) -> Mapping[str, Tensor]:
        """Some samples together, by field: as many as are held ready to be shown."""
        return self.fields

    def only(self, chosen: SampleChoice) -> Samples:
        """This one sample of the data; these where there is no data to choose from.

        Raises:
            NoPicture: if it cannot be had.
        """
        return self


@dataclass(frozen=True)
class Subject:
    """What is looked at: a net with the weights of a moment, and samples to show it. ``folder`` is that of its run;
    ``seconds`` is how long a look may take, where a training waits for it. ``updates`` and ``progress`` (in epochs) are
    those of the training that runs, None where none does. ``untouched`` is the net as it is, where somebody has laid
    hands on this one."""

    net: CompiledNet
    model: nn.Module
    samples: Samples
    caption: str = ""
    folder: Path | None = None
    seconds: float | None = None
    updates: Updates | None = None
    progress: float | None = None
    untouched: Subject | None = None


@dataclass(frozen=True)
class Look:
    """What the function of a view gets, beside its settings. ``node`` is empty where none was named. ``others`` are the
    samples to compare with, where those of the subject are the chosen one alone."""

    subject: Subject
    node: str = ""
    sample: int = 0
    others: Samples | None = None

    @property
    def net(self) -> CompiledNet:
        """The net as it was compiled."""
        return self.subject.net

    @property
    def model(self) -> nn.Module:
        """Its weights."""
        return self.subject.model

    @property
    def classes(self) -> tuple[str, ...]:
        """Words for the classes, where the data or the drawing has some."""
        from app.insight.anatomy import class_words

        return self.subject.samples.classes or class_words(self.subject.net)

    @property
    def batch(self) -> dict[str, Tensor]:
        """The chosen sample by field, as a batch of one.

        Raises:
            NoPicture: if there is none of this number.
        """
        samples = self.subject.samples
        if samples.count and not 0 <= self.sample < samples.count:
            from app.insight.tiles import NoPicture

            last = samples.count - 1
            raise NoPicture(
                f"There is no validation sample {self.sample}; there are {samples.count}, numbered from 0 to {last}."
            )
        return samples.one(self.sample)


@dataclass(frozen=True, eq=False)
class ViewStep:
    """How far a slow view is, ``done`` of ``steps``, and what can be seen so far. ``score`` is what it raises."""

    done: int
    steps: int
    pictures: tuple[Tiles, ...]
    score: float | None = None


Made = "Tiles | tuple[Tiles, ...] | Iterator[ViewStep]"


@dataclass(frozen=True, eq=False)
class View:
    """One view, as its file declares it.

    Attributes:
        name: as the command line calls it, that of the function.
        title: as the window calls it.
        help: one sentence on what can be seen.
        options: its settings, handed to the function by their names.
        about: ``layer`` if a layer must be named; ``scores`` if it is about the class scores where none is named;
            ``fitting`` if it then takes the first layer of the kind that it shows; ``net`` if the window does not name
            the selected one at all.
        sample: whether it shows one of the samples.
        several: whether it looks at some samples together (``Samples.several``).
        imports: modules that take long to load. The window loads them beside everything else before it asks for
            pictures, so that no training waits for them.
        function: gets a ``Look`` and the settings, and gives ``Tiles``, or several to be seen together. One that takes
            its time is a generator and yields ``ViewStep``s; closing it ends the work.
        group: what the window lists it under.
        follows: of a slow one, whether it goes on with the weights of now while a training runs, at a pace for eyes.
        fits: how well it fits a drawing (``fitting.py``): the panel opens on the view that fits best.
    """

    name: str
    title: str
    help: str
    options: tuple[Param, ...]
    about: About
    sample: bool
    several: bool
    imports: tuple[str, ...]
    function: Callable[..., Any]
    group: Group = "More"
    follows: bool = False
    fits: Callable[[Plan], int] | None = None

    @property
    def slow(self) -> bool:
        """Whether it is started and stopped by hand. Quick views are answered at once, and after batches of a training
        that runs."""
        return inspect.isgeneratorfunction(self.function)

    @property
    def loaded(self) -> bool:
        """Whether all that takes long to load is there."""
        return all(name in sys.modules for name in self.imports)

    def load(self) -> Iterator[object]:
        """Load all that takes long, as a job."""
        for name in self.imports:
            importlib.import_module(name)
        yield from ()

    @property
    def asked(self) -> tuple[Param, ...]:
        """What the command line asks for: the sample or a picture, if one is shown, and the settings."""
        return (SAMPLE, IMAGE, *self.options) if self.sample else self.options

    def settings(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Every setting in its normal form, those that are not given as they are by default.

        Raises:
            BadSetting: for a value that a setting cannot take, or a setting that the view does not have.
        """
        known = {param.name: param for param in self.options}
        for name in given:
            if name not in known:
                raise BadSetting(f"The view {self.name} has no setting {name}; it has: {', '.join(known) or 'none'}.")
        return {name: param.check(given.get(name, param.default)) for name, param in known.items()}

    def steps(self, look: Look, given: Mapping[str, Any]) -> Iterator[ViewStep]:
        """The pictures of this view, step by step; one step if it is quick.

        Raises:
            NoPicture: if there is nothing to see, with a sentence that says why.
            BadSetting: as ``settings``.
        """
        from app.insight.tiles import NoPicture

        settings = self.settings(given)
        if self.about == "layer" and not look.node and not settings.get("objective"):
            names = ", ".join(step.name for step in look.net.plan.graph.steps[:12])
            raise NoPicture(f"Name the layer to look at. There are: {names}.")
        made = self.function(look, **settings)
        if self.slow:
            yield from made
        else:
            yield ViewStep(1, 1, made if isinstance(made, tuple) else (made,))

    def pictures(self, look: Look, given: Mapping[str, Any]) -> tuple[Tiles, ...]:
        """What is to be seen in the end. Raises what ``steps`` raises."""
        *_, last = self.steps(look, given)
        return last.pictures


def data_enters(path: str) -> str:
    """Why there is no picture of a source or an Input."""
    return f"{path} is where data enters, so there is nothing learned in it. Choose a layer behind it."


def view(
    title: str,
    help: str,
    *options: Param,
    about: About = "layer",
    sample: bool = False,
    several: bool = False,
    imports: tuple[str, ...] = (),
    group: Group = "More",
    follows: bool = False,
    fits: Callable[[Plan], int] | None = None,
) -> Callable[[Callable[..., Any]], View]:
    """Make a view of a function. Its file lies in ``app/insight/views``, and that is all there is to do.

    The function imports torch and whatever else it needs itself, so that listing the views costs nothing.
    """

    def declare(function: Callable[..., Any]) -> View:
        parameters = list(inspect.signature(function).parameters.values())[1:]
        takes = {each.name for each in parameters}
        named = {param.name for param in options}
        # A function that hands all of them on takes them as ``**settings``.
        if takes != named and not any(each.kind == inspect.Parameter.VAR_KEYWORD for each in parameters):
            raise TypeError(f"{function.__name__} takes the settings {sorted(takes)}, but declares {sorted(named)}")
        declared = function.__name__, title, help, options, about, sample, several, imports, function, group
        return View(*declared, follows, fits)

    return declare
