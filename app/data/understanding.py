"""What a file or folder of the user is: the sources that can read it, and what they say of it in a sentence."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.data.looks import no_data, schema_of
from nodes.api import Layer, NoData, Schema, cut
from nodes.api.registry import layers
from nodes.api.words import listed, sentence_case

_HEADLINE = 120  # letters of a sentence that has room above the canvas


@dataclass(frozen=True)
class Understood:
    """A source with the settings by which it reads a path. ``schema`` is what it says; ``trouble`` why it cannot."""

    layer: Layer
    settings: Mapping[str, Any]
    sure: float
    schema: Schema | None = None
    trouble: str = ""

    @property
    def sentence(self) -> str:
        """What was understood, as one line."""
        return sentence_of(self.schema) if self.schema is not None else self.trouble


def candidates(path: Path) -> list[Understood]:
    """The sources that say they can read a path, the surest first; nothing of the data is looked at.

    Raises:
        NoData: if the path is gone or may not be read.
    """
    path = Path(os.path.abspath(path))  # the drawing that is made of it may lie anywhere
    try:
        if path.is_dir():
            next(path.iterdir(), None)
        else:
            with path.open("rb"):
                pass
    except FileNotFoundError:
        raise NoData(f"There is nothing at {path}. It may have been moved; find it, or choose another one.") from None
    except OSError as error:
        raise NoData(f"{path} cannot be read: {error.strerror or error}. Ask for permission, or copy it.") from None
    found = []
    for layer in layers().values():
        if layer.source is None or layer.source.recognise is None:
            continue
        recognised = layer.source.recognise(path)
        if recognised is not None:
            settings = layer.settings({**layer.defaults(), **recognised.settings})
            found.append(Understood(layer, settings, recognised.sure))
    return sorted(found, key=lambda each: -each.sure)


def understand(path: Path) -> Iterator[Understood]:
    """Each candidate looked at, the surest first; one that can be read comes before those that cannot.

    Raises:
        NoData: if nothing can read the path, with what it is and what can be read.
    """
    tried = candidates(path)
    if not tried:
        raise NoData(why_not(path))
    for each in tried:
        assert each.layer.source is not None
        try:
            yield Understood(each.layer, each.settings, each.sure, schema_of(each.layer, each.settings))
        except NoData as reason:
            yield Understood(each.layer, each.settings, each.sure, None, str(reason))
        except Exception as error:
            yield Understood(each.layer, each.settings, each.sure, None, str(no_data(error, each.layer, each.settings)))


def why_not(path: Path) -> str:
    """That nothing here reads a path, in a sentence."""
    path = Path(path)
    if path.is_dir():
        if next(path.iterdir(), None) is None:
            return f"The folder {path.name} is empty. Choose one that holds pictures, tables, texts or sounds."
        return f"The folder {path.name} holds nothing that Netloom reads: pictures, tables, texts, sounds or arrays."
    return f"{path.name} is nothing that Netloom reads: pictures, tables, texts, sounds or arrays."


def sentence_of(schema: Schema) -> str:
    """What data is, in one line: how much, how many classes, what was left out, what is odd.

    ``1,204 pictures in 5 classes; 3 skipped. 40 identical pictures in training and test.``
    """
    said = schema.about
    # A list of numbers that stand for words is what a text is made of, and no class of it.
    known = next((each for each in schema.fields.values() if each.classes and len(each.sizes) != 1), None)
    if known is not None and schema.samples is not None:
        count = len(known.classes) if isinstance(known.classes, tuple) else known.classes
        amount, _, rest = said.partition(" (")
        few = f": {listed([cut(word, 20) for word in known.words])}" if 0 < len(known.words) <= 5 else ""
        said = f"{amount} in {count:,} class{'' if count == 1 else 'es'}{few}" + (f" ({rest}" if rest else "")
    if schema.skipped_count:
        said += f"; {schema.skipped_count:,} skipped"
    return " ".join(sentence_case(_ended(each)) for each in (said, *schema.remarks))


def headline_of(schema: Schema) -> tuple[str, tuple[str, ...]]:
    """The same where there is little room: what is odd follows by itself if it is long."""
    whole = sentence_of(schema)
    if len(whole) <= _HEADLINE:
        return whole, ()
    return sentence_of(replace(schema, remarks=())), tuple(sentence_case(_ended(each)) for each in schema.remarks)


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
