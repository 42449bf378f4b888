"""What is known of all samples of a source together, as lines of tables: classes, features, and what is odd."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.ui.data.examination_follower import ExaminationFollower
from app.ui.data.facts_table import Cell, number_cell
from app.ui.data.sample_model import part_words
from nodes.api import cut, listed
from nodes.reading.tables_days import as_date

if TYPE_CHECKING:
    from app.data.numbers import Feature
    from app.insight.browsing import Browser

PART_ROLES = {"train": "plot.train", "validation": "plot.validation", "test": "plot.third", "": "plot.train"}
FEATURES = ("feature", "values", "missing", "lowest", "highest", "mean", "deviation", "with the target", "histogram")
ODD = ("what", "where", "why")
CLASSES_STRETCHED, FEATURES_STRETCHED, ODD_STRETCHED = 1, 8, 2

Line = tuple[Cell, ...]


def class_heads(browser: Browser) -> tuple[str, ...]:
    """The heads of the table of classes."""
    parts = [part_words(name) for name in browser.balance if name]
    return ("class", "samples", "in all", *parts, *(("mean picture",) if browser.kind == "pictures" else ()))


def class_lines(browser: Browser, examining: ExaminationFollower) -> list[Line]:
    """A line for each class: a bar of its samples by part, their numbers, and the mean of its pictures."""
    found = []
    largest = max((sum(map(int, counts)) for counts in zip(*browser.balance.values())), default=0)
    for place, word in enumerate(browser.words):
        by_part = {name: int(counts[place]) for name, counts in browser.balance.items()}
        total = sum(by_part.values())
        bar = tuple((PART_ROLES[name], count / largest) for name, count in by_part.items() if count) if largest else ()
        told = ", ".join(f"{count:,} {part_words(name)}" for name, count in by_part.items() if name)
        mean = examining.means.get(word)
        found.append(
            (
                Cell(word),
                Cell(told or f"{total:,}", total, bar=bar),
                Cell(f"{total:,}", total, "text" if total else "warning"),
                *(Cell(f"{count:,}", count, "text" if count else "warning") for name, count in by_part.items() if name),
                *((Cell("its mean" if mean is not None else "", picture=mean),) if browser.kind == "pictures" else ()),
            )
        )
    if not browser.words:
        for word, mean in examining.means.items():
            total = browser.length
            found.append((Cell(word or "all samples"), Cell(), Cell(f"{total:,}", total), Cell("mean", picture=mean)))
    return found


def feature_lines(browser: Browser, examining: ExaminationFollower) -> list[Line]:
    """A line for each feature of a table, or each channel of pictures."""
    look = examining.look
    known = examining.found or (look.measured if look is not None else None)
    if known is None:
        return []
    found = []
    # In the samples the gaps are filled, or their rows are left out: how many there were, only the file says.
    gaps = {column.name: column.missing or 0 for column in browser.schema.columns}
    for name, features in known.features.items():
        names = browser.schema.fields[name].names
        heads = names if len(names) == len(features) else ()
        one = "channel" if browser.shapes[name].kind == "image" else name
        for at, feature in enumerate(features):
            word = heads[at] if heads else name if len(features) == 1 else f"{one} {at + 1}"
            empty = gaps.get(word, gaps.get(word.rpartition(": ")[0], 0))  # each word of a column is a feature
            found.append(_feature(word, feature, browser.dates.get(word, ""), empty))
    return found


def _feature(word: str, feature: Feature, date: str, empty: int) -> Line:
    def cell(value: float | None) -> Cell:
        return Cell(as_date(value, date), value) if date and value is not None else number_cell(value)

    missing = max(feature.missing, empty)
    lost = missing + feature.infinite
    told = f"{missing:,}" + (f" and {feature.infinite:,} infinite" if feature.infinite else "")
    most = max(feature.counts, default=0)
    heights = tuple(count / most for count in feature.counts) if most else ()
    return (
        Cell(word, role="warning" if feature.constant else "text"),
        Cell(f"{feature.values:,}", feature.values),
        Cell(told, lost, "warning" if lost else "text"),
        cell(feature.low),
        cell(feature.high),
        cell(feature.mean),
        Cell(f"{feature.std:,.4g} days", feature.std) if date and feature.std is not None else number_cell(feature.std),
        number_cell(feature.correlation, 2),
        Cell("the same in every sample" if feature.constant else "", heights=() if feature.constant else heights),
    )


def odd_lines(browser: Browser, examining: ExaminationFollower) -> list[Line]:
    """A line for each thing that is odd: remarks first, then what was skipped, cannot be read, or is there twice."""
    return list(_odd(browser, examining))


def _odd(browser: Browser, examining: ExaminationFollower) -> Iterator[Line]:
    schema, found = browser.schema, examining.found
    remarks = [*schema.remarks, *browser.corrected.remarks, *(found.remarks if found is not None else ())]
    for sentence in dict.fromkeys(remarks):
        yield Cell("remark", role="info"), Cell(), Cell(sentence)
    for each in schema.skipped:
        yield Cell("skipped", role="warning"), Cell(each.name), Cell(each.sentence)
    more = schema.skipped_count - len(schema.skipped)
    if more:
        yield Cell("skipped", role="warning"), Cell(f"{more:,} more"), Cell("Only the first ones are named.")
    look = examining.look
    unread = found.unreadable if found is not None else look.unread if look is not None else ()
    for lost in unread:
        yield Cell("cannot be read", role="error"), Cell(lost.name), Cell(lost.reason)
    if found is not None and found.unreadable_count > len(unread):
        more = found.unreadable_count - len(unread)
        yield Cell("cannot be read", role="error"), Cell(f"{more:,} more"), Cell("Only the first ones are named.")
    for equal in found.equal if found is not None else ():
        where = f" in {listed([part_words(part) for part in equal.parts])}" if len(equal.parts) > 1 else ""
        classes = (
            f" with the classes {listed([cut(word, 30) for word in equal.classes])}" if len(equal.classes) > 1 else ""
        )
        several = not schema.recurring and (len(equal.parts) > 1 or len(equal.classes) > 1)
        yield (
            Cell("the same", role="warning" if several else "text"),
            Cell(equal.names[0]),
            Cell(f"{equal.count:,} samples have the same content{where}{classes}: {listed(list(equal.names))}"),
        )
    if found is not None and found.equal_count > len(found.equal):
        more = found.equal_count - len(found.equal)
        yield Cell("the same"), Cell(f"{more:,} more groups"), Cell("Only the first ones are named.")
