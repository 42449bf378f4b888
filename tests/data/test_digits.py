"""The handwritten digits as the catalogue gives them, next to scikit-learn's own numbers."""

from __future__ import annotations

import gc
import sys
import weakref

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from app.core.compile.plan import PlanSource
from app.data import catalog
from nodes.api import Feed, NoData
from nodes.sources import digits


def source(size: str = "8×8") -> PlanSource:
    return PlanSource("digits", "Digits", {"size": size}, {})


def test_the_numbers_are_scikit_learns() -> None:
    """Fails if images are scaled, transposed or shuffled differently, or if labels belong to other images."""
    theirs, ours = load_digits(), catalog.load(source())
    assert ours.length == 1797
    assert torch.equal(ours.fields["image"], torch.tensor(theirs.images / 16, dtype=torch.float32)[:, None])
    assert torch.equal(ours.fields["label"], torch.tensor(theirs.target, dtype=torch.int64))
    assert ours.schema is not None
    assert ours.schema.words == tuple("0123456789")


@pytest.mark.parametrize("size", [16, 32])
def test_larger_digits_are_interpolated(size: int) -> None:
    """Fails if enlarging repeats dots, shifts the picture by part of a dot, or mixes samples: compared with numpy."""
    small, large = catalog.load(source()).fields["image"], catalog.load(source(f"{size}×{size}")).fields["image"]
    assert large.shape == (1797, 1, size, size)
    places = (np.arange(size) + 0.5) * 8 / size - 0.5  # where the middle of each new dot lies among the old ones
    for index in (0, 901, 1796):
        rows = np.stack([np.interp(places, range(8), row) for row in small[index, 0].numpy()])
        both = np.stack([np.interp(places, range(8), column) for column in rows.T], axis=1)
        np.testing.assert_allclose(large[index, 0].numpy(), both, atol=1e-5)


def test_data_is_shared_while_somebody_holds_it_and_let_go_then() -> None:
    """Fails if a run and the pictures beside it hold the data twice, or an idle window still holds all of it."""
    held = catalog.load(source("32×32"))
    assert catalog.load(source("32×32")) is held
    gone = weakref.ref(held)
    del held
    gc.collect()
    assert gone() is None


def test_an_unknown_data_set_is_a_sentence() -> None:
    """Fails if a drawing of a newer version ends in a KeyError."""
    with pytest.raises(NoData, match=r"no data 'moons' here.*Digits"):
        catalog.load(PlanSource("moons", "moons", {}, {}))


def test_missing_scikit_learn_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a broken installation ends in an ImportError without a remedy."""
    monkeypatch.setattr(digits, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    digits._measured.cache_clear()  # an earlier test has read them
    with pytest.raises(NoData, match="pip install scikit-learn"):
        catalog.load(source())


def test_digits_come_from_the_package_if_its_file_lies_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if another version of scikit-learn, with another folder, leaves the program without data."""
    usual = digits._measured()
    monkeypatch.setattr(digits, "find_spec", lambda name: None)
    assert all(np.array_equal(*pair) for pair in zip(digits._measured(), usual, strict=True))


def test_fields_of_different_length_are_refused() -> None:
    """Fails if a data set with fewer labels than images gets as far as a batch."""
    with pytest.raises(ValueError, match="equally long"):
        Feed({"image": torch.zeros(3, 1), "label": torch.zeros(2)})
