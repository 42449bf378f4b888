"""A first column without a name: an index, or something that is said of the rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.data.table_files import described, same_by_script, write


def table(path: Path, firsts: list[object], head: str = ",length,width,kind") -> Path:
    rows = "".join(f"{each},{n / 3:.2f},{n % 7},{'ab'[n % 2]}\n" for n, each in enumerate(firsts))
    return write(path, (f"{head}\n" if head else "") + rows)


@pytest.mark.parametrize(
    ("firsts", "why"),
    [
        (range(12), "numbers the rows, so it is left out"),
        (range(1, 61), "numbers the rows, so it is left out"),
        (
            [*range(20), *range(20), *range(15)],
            "numbers the rows, anew 3 times, as where tables were put below each other",
        ),
        ([(7 * n) % 101 for n in range(60)], "has another whole number in each row, as an index has"),
        ([f"Mazda {n}" for n in range(12)], "has another word in each row, as names of rows are"),
    ],
)
@pytest.mark.parametrize("head", [",length,width,kind", "Unnamed: 0,length,width,kind"])
def test_an_index_is_no_feature(tmp_path: Path, firsts: list[object], why: str, head: str) -> None:
    """Fails if the index that pandas or R writes goes in as a feature, of a table of a few rows, of one that was mixed,
    or of several that were put below each other; or is left out without a word."""
    path = table(tmp_path / "a.csv", list(firsts), head)
    found = described(path)
    assert found.columns[0].role == "ignore"
    assert found.aims == ("kind",)
    (asked,) = (each for each in found.guesses if why in each.sentence)
    back = described(path, roles=dict(asked.choices)["a feature"])
    assert back.columns[0].role == "feature"
    same_by_script(path)


@pytest.mark.parametrize(
    "firsts", [[n * n % 3 for n in range(60)], [n % 2 for n in range(60)], [n % 3 for n in range(60)]]
)
def test_few_whole_numbers_are_a_feature_and_asked_about(tmp_path: Path, firsts: list[object]) -> None:
    """Fails if classes without a name are taken for an index, or nobody is asked what they are."""
    path = table(tmp_path / "a.csv", firsts)
    found = described(path)
    (asked,) = (each for each in found.guesses if each.sentence.startswith("The first column has no name"))
    most = max(map(int, map(str, firsts)))
    assert asked.sentence == (
        f"The first column has no name and holds {len(set(firsts))} whole numbers from 0 to "
        f"{most}, several times each; it is called 'column 1' and is a feature."
    )
    target = described(path, roles=dict(asked.choices)["what is predicted"])
    assert target.aims == ("column 1",)
    assert described(path, roles=dict(asked.choices)["left out"]).columns[0].role == "ignore"


def test_a_table_without_any_names(tmp_path: Path) -> None:
    """Fails if the rows of a table without a header are numbered and that is a feature, or its class in front is left
    out as an index."""
    rows = "".join(f"{n + 1},{n / 3:.2f},{n * 7 % 11},{n / 9:.3f}\n" for n in range(15))
    found = described(write(tmp_path / "a.csv", rows))
    assert [each.role for each in found.columns] == ["ignore", "feature", "feature", "target"]
    rows = "".join(f"{1 + n % 3},{n / 3:.2f},{n * 7 % 11},{n / 9:.3f}\n" for n in range(60))
    assert described(write(tmp_path / "b.csv", rows)).aims == ("column 1",)
