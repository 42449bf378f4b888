"""The look through all samples says what numpy says of all at once, in bounded memory, and tells what is odd."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from app.data import catalog, examination
from app.data.examination import Examination, ExaminedSamples, KnownMeasures, UnreadableSample, examine
from app.data.numbers import BINS, Measures, Ranges, counts_of
from nodes.api import Drawn, Each, Feed, Field, Schema, Unreadable
from nodes.reading import cache
from tests.data.test_pictures import folders, seen, source_of

COUNT = 500
WORDS = ("cat", "dog", "eel")


def table() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    labels = random.integers(0, 2, COUNT)
    values = random.normal(size=(COUNT, 5)) * [1, 100, 1e-3, 1, 1] + [0, 1e6, 0, 0, 0]
    values[:, 3] += 3 * labels
    values[:, 4] = 7
    return values.astype(np.float32), labels


def found_in(fields: dict[str, Any], schema: Schema, parts: Any = None, **more: Any) -> Examination:
    *_, last = examine(Feed(fields, **more), schema, parts)
    assert isinstance(last, Examination)
    return last


def of_table(values: np.ndarray, labels: np.ndarray, parts: Any = None, words: tuple[str, ...] = WORDS) -> Examination:
    schema = Schema({"x": Field(values.shape[1:]), "label": Field((), "int", words)}, len(values))
    return found_in({"x": torch.tensor(values), "label": torch.tensor(labels)}, schema, parts)


def test_ranges_are_those_of_numpy() -> None:
    """Fails if a range, mean, deviation, or count of a class is not what numpy says of all samples at once."""
    values, labels = table()
    found = of_table(values, labels)
    exact = values.astype(np.float64)
    for place, each in enumerate(found.features["x"]):
        column = exact[:, place]
        assert (each.low, each.high) == (column.min(), column.max())
        assert each.mean == pytest.approx(column.mean(), rel=1e-12)
        assert each.std == pytest.approx(column.std(), rel=1e-9, abs=1e-12)
        assert each.constant == (place == 4)
    assert found.classes["label"] == {"cat": int((labels == 0).sum()), "dog": int((labels == 1).sum()), "eel": 0}
    assert found.samples == COUNT


@pytest.mark.parametrize("features", [1, 3, 17, 2_500])
@pytest.mark.parametrize("odd", [False, True])
def test_measures_are_those_of_numpy_however_many_values_there_are(features: int, odd: bool) -> None:
    """Fails if rows are lost or mixed up where many of few features are summed as one long one, if large numbers lose
    their deviation, or if one value that is not finite spoils those of other features or later rows."""
    random = np.random.default_rng(features)
    batches = [random.normal(size=(n, features)) for n in (1, 40, 0, 7_000 if features < 100 else 90)]
    for place, batch in enumerate(batches):
        batch[:, 0] = batch[:, 0] + 1e4 + place * 100  # it drifts
        batch[:, -1] -= features % 2 * 1e4
    if odd:
        batches[3][5, 0], batches[3][80, 0], batches[3][-1, -1] = np.nan, np.inf, -np.inf
    batches = [batch.astype(np.float32) for batch in batches]
    measures = Measures(features)
    for batch in batches:
        measures.add(torch.from_numpy(batch)[:, None, :])
    exact = np.concatenate(batches).astype(np.float64)
    good, told = np.where(np.isfinite(exact), exact, np.nan), measures.features()
    assert [each.values for each in told] == np.isfinite(exact).sum(0).tolist()
    assert [each.missing for each in told] == np.isnan(exact).sum(0).tolist()
    assert [each.infinite for each in told] == np.isinf(exact).sum(0).tolist()
    assert [each.low for each in told] == np.nanmin(good, 0).tolist()
    assert [each.high for each in told] == np.nanmax(good, 0).tolist()
    np.testing.assert_allclose([each.mean for each in told], np.nanmean(good, 0), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose([each.std for each in told], np.nanstd(good, 0), rtol=1e-8)


def test_correlation_with_a_class_and_with_a_number() -> None:
    """Fails if what goes along with the target is not told apart from what does not."""
    values, labels = table()
    values[3, 1] = np.nan
    found = of_table(values, labels)
    for place, each in enumerate(found.features["x"][:4]):
        column = values[:, place].astype(np.float64)
        good = np.isfinite(column)
        column, group = column[good], labels[good]
        between = sum((group == k).sum() * (column[group == k].mean() - column.mean()) ** 2 for k in (0, 1))
        ratio = np.sqrt(between / ((column - column.mean()) ** 2).sum())
        assert each.correlation == pytest.approx(ratio, rel=1e-6)
    assert found.features["x"][3].correlation > 0.8  # type: ignore[operator]
    assert found.features["x"][4].correlation is None
    target = values[:, 0] * -2 + 1e6
    schema = Schema({"x": Field((5,)), "y": Field((1,))}, COUNT)
    other = found_in({"x": torch.tensor(values), "y": torch.tensor(target)[:, None]}, schema)
    for place, each in enumerate(other.features["x"][:4]):
        good = np.isfinite(values[:, place])
        wanted = np.corrcoef(values[good, place].astype(np.float64), target[good].astype(np.float64))[0, 1]
        assert each.correlation == pytest.approx(wanted, abs=1e-6)


@settings(deadline=None, max_examples=80)
@given(
    st.lists(st.lists(st.floats(-1e12, 1e12, allow_subnormal=False), min_size=1, max_size=20), min_size=1, max_size=6)
)
def test_a_histogram_counts_each_value_once(batches: list[list[float]]) -> None:
    """Fails if a value is lost or misplaced when later ones are larger, smaller, or all were the same."""
    ranges = Ranges(1)
    for batch in batches:
        ranges.add(torch.tensor(batch, dtype=torch.float64)[:, None, None])
    (told,) = ranges.features()
    values = np.array([value for batch in batches for value in batch], dtype=np.float64)
    assert sum(told.counts) == len(values)
    assert told.edges[0] <= values.min()
    assert told.edges[-1] >= values.max()
    slack = (told.edges[-1] - told.edges[0]) * 1e-6
    for place in range(len(told.counts)):
        most = ((values >= told.edges[place] - slack) & (values <= told.edges[place + 1] + slack)).sum()
        least = ((values > told.edges[place] + slack) & (values < told.edges[place + 1] - slack)).sum()
        assert least <= told.counts[place] <= most
    assert len(told.counts) in (1, BINS)


def test_missing_and_infinite_values_are_counted() -> None:
    """Fails if one NaN makes all numbers NaN, or is not told."""
    values, labels = table()
    values[1, 0] = values[7, 0] = np.nan
    values[2, 2] = -np.inf
    values[:, 1] = np.nan
    found = of_table(values, labels)
    first, second, third = found.features["x"][:3]
    assert (first.missing, second.missing, third.infinite) == (2, COUNT, 1)
    assert first.mean == pytest.approx(np.nanmean(values[:, 0].astype(np.float64)))
    assert second.low is None
    assert not second.constant
    assert any("502 missing values" in remark for remark in found.remarks)
    assert any("1 infinite value" in remark for remark in found.remarks)
    assert any("feature 5" in remark for remark in found.remarks)
    json.dumps(found.as_dict(), allow_nan=False)


def test_the_same_sample_in_two_parts_is_found_by_its_content() -> None:
    """Fails if samples are compared by name, if a label makes two equal pictures different, or parts are not told."""
    values, labels = table()
    values[400:440] = values[0:40]
    values[499] = values[498]
    labels[499], labels[498] = 0, 1
    labels[400:440] = labels[0:40]
    parts = {"train": torch.arange(0, 400), "test": torch.arange(400, 500)}
    found = of_table(values, labels, parts)
    assert found.across == {("train", "test"): 40}
    assert found.equal_count == 41
    assert found.repeated == 41
    assert found.equal[0].names == ("sample 1", "sample 401")
    assert found.equal[0].parts == ("train", "test")
    assert found.equal[-1].classes == ("cat", "dog")
    assert "40 identical samples in train and test." in found.remarks
    assert any(remark.startswith("2 samples have the same content as another") for remark in found.remarks)


@pytest.mark.parametrize("different", [2, 40, 5_000])
def test_groups_of_equal_samples_are_those_counted_one_by_one(different: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a group of equal samples is lost, torn in two or told in another order, or if the same samples in two
    parts, or under two classes, are counted wrongly; also where they are compared in several pieces."""
    monkeypatch.setattr(examination, "_PIECE", 7)
    random = np.random.default_rng(different)
    content = random.integers(0, different, COUNT)
    labels = random.integers(0, 3, COUNT)
    values = np.stack([content, content % 3], 1).astype(np.float32)
    places = np.split(random.permutation(COUNT), [100, 250, 400])
    parts = dict(zip(("train", "validation", "test"), (torch.tensor(place) for place in places)))
    found = of_table(values, labels, parts)
    groups: dict[int, list[int]] = {}
    for number, each in enumerate(content.tolist()):
        groups.setdefault(each, []).append(number)
    several = [numbers for numbers in groups.values() if len(numbers) > 1]
    assert found.equal_count == len(several) > 0
    assert found.repeated == sum(len(numbers) - 1 for numbers in several)
    named = Feed({"x": torch.tensor(values)}).name_of
    assert [each.names for each in found.equal] == [tuple(map(named, numbers[:10])) for numbers in several[:200]]
    assert [each.count for each in found.equal] == [len(numbers) for numbers in several[:200]]
    across: dict[tuple[str, str], int] = {}
    for numbers in several:
        inside = {part: len(set(numbers) & set(place.tolist())) for part, place in parts.items()}
        here = [part for part in parts if inside[part]]
        for one in here:
            for other in here[here.index(one) + 1 :]:
                across[one, other] = across.get((one, other), 0) + inside[other]
    assert list(found.across.items()) == list(across.items())
    torn = sum(len(numbers) for numbers in several if len(set(labels[numbers].tolist())) > 1)
    said = f"{torn:,} samples have the same content as another, but not the same class."
    assert (said in found.remarks) == (torn > 1)


def test_classes_that_are_odd_are_told() -> None:
    """Fails if a class with one sample, one without any, or two that were meant to be one pass without a word."""
    values, labels = table()
    labels[:] = 0
    labels[5], labels[6:200] = 1, 2
    found = of_table(values, labels, words=("cat", "dog", "Cat ", "fox"))
    said = " ".join(found.remarks)
    assert "The class dog has one sample alone" in said
    assert "The class fox has no sample" in said
    assert "'cat' and 'Cat '" in said


def test_a_class_with_one_sample_is_told_once() -> None:
    """Fails if the look through all samples says again what the reader has said, or is silent where nobody has."""
    schema = Schema(
        {"label": Field((), "int", ("cat", "dog"), (3, 1))}, 4, remarks=("the class dog has only one sample",)
    )
    labels = {"label": torch.tensor([0, 0, 0, 1])}
    assert not any("alone" in said for said in found_in(labels, schema).remarks)
    assert any("dog has one sample alone" in said for said in found_in(labels, replace(schema, remarks=())).remarks)


def test_pictures_have_channels_and_a_mean_for_each_class() -> None:
    """Fails if a mean image is that of other samples, or channels are mixed."""
    random = np.random.default_rng(0)
    pictures = random.random((90, 3, 6, 5), dtype=np.float32)
    labels = np.arange(90) % 3
    schema = Schema({"image": Field((3, 6, 5)), "label": Field((), "int", WORDS)}, 90)
    found = found_in({"image": torch.tensor(pictures), "label": torch.tensor(labels)}, schema)
    assert found.mean_field == "image"
    for number, word in enumerate(WORDS):
        assert np.allclose(found.means[word], pictures[labels == number].mean(0), atol=1e-6)
        assert not found.means[word].flags.writeable
    for channel, each in enumerate(found.features["image"]):
        assert each.mean == pytest.approx(pictures[:, channel].astype(np.float64).mean())
        assert each.values == 90 * 30


def test_what_cannot_be_read_is_named_and_the_rest_is_looked_at() -> None:
    """Fails if one bad file ends the look, or is left out without its name."""

    def read(number: int) -> Any:
        if number in (3, 77):
            raise Unreadable(f"Picture {number} is cut off.")
        return torch.full((2,), float(number))

    schema = Schema({"x": Field((2,)), "label": Field((), "int", ("a", "b"))}, 100, noun=("picture", "pictures"))
    feed = Feed({"x": Each(100, read), "label": torch.arange(100) % 2}, name_of=lambda number: f"{number}.jpg")
    events = list(examine(feed, schema))
    assert [event for event in events if isinstance(event, UnreadableSample)] == [
        UnreadableSample("3.jpg", "Picture 3 is cut off."),
        UnreadableSample("77.jpg", "Picture 77 is cut off."),
    ]
    last = events[-1]
    assert isinstance(last, Examination)
    assert last.samples == 98
    assert last.features["x"][0].mean == pytest.approx(np.mean([n for n in range(100) if n not in (3, 77)]))
    assert last.remarks[0] == (
        "2 pictures cannot be read and are left out: 3.jpg: Picture 3 is cut off; 77.jpg: Picture 77 is cut off."
    )


def test_no_more_is_read_at_once_than_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a large data set is held in memory to be looked at, or the look cannot be left in the middle."""
    monkeypatch.setattr(examination, "MOST_AT_ONCE", 16)
    asked: list[int] = []

    class Column:
        def __len__(self) -> int:
            return 200

        def at(self, index: torch.Tensor) -> torch.Tensor:
            asked.append(len(index))
            return index.float()[:, None]

    schema = Schema({"x": Field((1,))}, 200)
    looking = examine(Feed({"x": Column()}), schema)
    assert next(looking) == ExaminedSamples(16, 200)
    looking.close()  # type: ignore[attr-defined]
    assert asked == [16]
    events = list(examine(Feed({"x": Column()}), schema))
    assert max(asked) == 16
    assert events[-2] == ExaminedSamples(200, 200)
    assert repr(events) == repr(list(examine(Feed({"x": Column()}), schema)))


def test_what_was_left_out_by_hand_is_not_looked_at() -> None:
    """Fails if a sample that somebody has left out is still counted, or found to be there twice."""
    values, labels = table()
    values[9] = values[8]
    schema = Schema({"x": Field((5,)), "label": Field((), "int", WORDS)}, COUNT)
    feed = Feed({"x": torch.tensor(values), "label": torch.tensor(labels)})
    feed.excluded = torch.tensor([9])
    *_, last = examine(feed, schema)
    assert isinstance(last, Examination)
    assert (last.samples, last.repeated) == (COUNT - 1, 0)


def test_data_without_an_end_is_looked_at_too() -> None:
    """Fails if a source that draws its samples cannot be looked at."""

    def draw(count: int, generator: torch.Generator) -> dict[str, torch.Tensor]:
        return {"x": torch.rand(count, 2, generator=generator)}

    *_, last = examine(Drawn(draw), Schema({"x": Field((2,))}, None))
    assert isinstance(last, Examination)
    assert last.samples == 2000
    assert last.features["x"][0].mean == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("odd", [False, True])
def test_ranges_are_told_before_the_rest(monkeypatch: pytest.MonkeyPatch, odd: bool) -> None:
    """Fails if ranges, means and balances of many rows come only with the end of the look, are not those of numpy or
    of the whole look, or if files are read one by one for them."""
    monkeypatch.setattr(examination, "MANY", 100)
    monkeypatch.setattr(examination, "MEASURED_AT_ONCE", 90)  # several pieces
    values = np.random.default_rng(0).normal(1e4, 3, (500, 3)).astype(np.float32)
    if odd:
        values[7, 0], values[8, 1], values[9, 1] = np.nan, np.inf, -np.inf
    label = np.arange(500) % 4 % 3
    fields = {"x": torch.from_numpy(values), "label": torch.from_numpy(label)}
    schema = Schema({"x": Field((3,)), "label": Field((), "int", ("a", "b", "c"))}, 500)
    first, *_, last = examine(Feed(fields), schema)
    assert isinstance(first, KnownMeasures)
    assert isinstance(last, Examination)
    assert first.classes == last.classes == {"label": {"a": 250, "b": 125, "c": 125}}
    for column, early, late in zip(values.T, first.features["x"], last.features["x"]):
        good = column[np.isfinite(column)].astype(np.float64)
        assert (early.values, early.missing + early.infinite) == (len(good), 500 - len(good))
        assert (early.low, early.high) == (good.min(), good.max())
        assert early.mean == pytest.approx(good.mean(), rel=1e-9)
        assert early.std == pytest.approx(good.std(), rel=1e-5)
        assert early == replace(late, edges=(), counts=(), correlation=None, mean=early.mean, std=early.std)
    each = Feed({"x": Each(500, lambda n: values[n]), "label": torch.from_numpy(label)})
    assert not isinstance(next(iter(examine(each, schema))), KnownMeasures)


def test_what_the_first_look_has_said_is_not_said_again_in_another_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if the same broken pictures are told twice, because they were met in another order."""
    monkeypatch.setattr(cache, "folder", lambda: tmp_path / "cache")
    for name in ("small", "Zoo", "10", "9"):
        folders(tmp_path / "own", name, each=3)
        (tmp_path / "own" / name / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing more")
    schema = seen(tmp_path / "own")
    assert "4 pictures cannot be read and are left out: 9/bad.png" in " ".join(schema.remarks)
    *_, last = examine(catalog.load(source_of(tmp_path / "own", {})), schema)
    assert last.unreadable_count == 4
    assert not [remark for remark in last.remarks if "cannot be read" in remark]


@pytest.mark.parametrize("classes", [1, 3, 48, 49, 300])
@pytest.mark.parametrize("kind", [torch.int16, torch.int64])
def test_classes_are_counted_as_numpy_counts_them(classes: int, kind: torch.dtype) -> None:
    """Fails if few classes, which are counted in another way than many, lose the last piece or count what is none."""
    codes = torch.randint(-1, classes + 2, (2, 70_001), generator=torch.Generator().manual_seed(classes)).to(kind)
    codes[:, -1] = classes - 1
    expected = [int((codes.numpy() == each).sum()) for each in range(classes)]
    assert counts_of(codes, classes).tolist() == expected
    assert counts_of(codes[:, :0], classes).tolist() == [0] * classes
