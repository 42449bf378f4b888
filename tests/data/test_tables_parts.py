"""The parts that a table brings, and the groups of its rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.data.table_files import described, guess_of, loaded, same_by_script, write


def test_parts_and_groups_that_the_table_brings(tmp_path: Path) -> None:
    """Fails if a column of parts is a feature, a mean is measured on what is held out, or a group is torn."""
    text = "patient,a,split,y\n"
    text += "".join(
        f"p{at // 4},{'' if at == 1 else at},{'train' if at < 20 else 'Test' if at < 30 else 'val'},{at % 4}.5\n"
        for at in range(40)
    )
    path = write(tmp_path / "a.csv", text)
    schema = described(path)
    assert dict(schema.parts) == {"train": 20, "validation": 10, "test": 10}
    assert schema.groups == "patient"
    assert guess_of(schema, "roles", "'patient'").chosen == ("patient=group",)
    assert schema.fields["features"].names == ("a",)
    feed = loaded(path)
    assert feed.parts["test"].tolist() == list(range(20, 30))
    assert feed.fields["features"][1, 0] == pytest.approx(sum(at for at in range(20) if at != 1) / 19)
    assert len(set(feed.groups.tolist())) == 10
    assert len({(int(group), at // 4) for at, group in enumerate(feed.groups)}) == 10
    same_by_script(path)


def test_a_row_that_is_in_no_part_is_said(tmp_path: Path) -> None:
    """Fails if rows whose part nobody knows are learned from in silence, or an exported program loses them."""
    text = "a,split,y\n" + "".join(
        f"{at},{'' if at == 3 else 'holdout' if at in (5, 6) else 'train' if at < 20 else 'test'},{at % 4}.5\n"
        for at in range(40)
    )
    path = write(tmp_path / "a.csv", text)
    schema = described(path, roles=("split=part",))
    assert dict(schema.parts) == {"train": 20, "test": 20}
    assert "3 rows say nothing, 'holdout' in 'split', which is no part, and count as training" in schema.remarks
    assert loaded(path, roles=("split=part",)).parts["train"].tolist() == list(range(20))
    same_by_script(path, roles=("split=part",))
    assert "no part" not in " ".join(described(write(tmp_path / "b.csv", text.replace("holdout", "train"))).remarks[1:])
    numbers = write(tmp_path / "c.csv", "a,b,y\n" + "".join(f"{at},{at % 2},{at}.5\n" for at in range(40)))
    assert any("no part" in remark for remark in described(numbers, roles=("b=part",)).remarks)


def test_groups_are_one_where_their_names_differ_in_capitals(tmp_path: Path) -> None:
    """Fails if it says that two spellings are one group, and tears them apart."""
    text = "patient,a,y\n" + "".join(f"{'pP'[at % 2]}{at // 4},{at},{at % 4}.5\n" for at in range(40))
    path = write(tmp_path / "a.csv", text)
    assert len(loaded(path).groups.unique()) == 10
    assert len(loaded(path, spelling="as written").groups.unique()) == 20
    same_by_script(path)
    same_by_script(path, spelling="as written")
