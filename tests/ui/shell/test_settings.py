"""What the window remembers."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.ui.settings import MOST_RECENT, Settings, SettingsValues, home


def test_everything_comes_back(tmp_path: Path) -> None:
    """Fails if a value is written but not read, or read in another form."""
    path = tmp_path / "deep" / "window.json"
    Settings(path).change(theme="light", folder="/somewhere", geometry=b"\x00\xff", arrangement=b"\x01\x02")
    assert Settings(path).values == SettingsValues(
        "light", folder="/somewhere", geometry=b"\x00\xff", arrangement=b"\x01\x02"
    )
    Settings(path).change(last="/somewhere/mine.netloom")
    assert Settings(path).values.last == "/somewhere/mine.netloom"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"recent": 5, "theme": [], "geometry": "%%%"}', "\x00", "[" * 100_000, '{"recent": [1]}']
)
def test_a_damaged_file_gives_the_defaults(tmp_path: Path, text: str) -> None:
    """Fails if a file that a crash or a person spoilt keeps the program from starting."""
    path = tmp_path / "window.json"
    path.write_text(text, encoding="utf-8")
    assert Settings(path).values == SettingsValues()


def test_recent_files_keep_order_without_doubles(tmp_path: Path) -> None:
    """Fails if a file stands twice, the newest is not first, or the list grows without end."""
    settings = Settings(tmp_path / "window.json")
    for number in range(MOST_RECENT + 3):
        settings.add_recent(tmp_path / f"{number}.netloom")
    settings.add_recent(tmp_path / "5.netloom")
    names = [Path(entry).name for entry in settings.values.recent]
    assert len(names) == MOST_RECENT
    assert names[0] == "5.netloom"
    assert names.count("5.netloom") == 1


def test_two_windows_share_the_recent_files(tmp_path: Path) -> None:
    """Fails if the window that writes last forgets what the other opened."""
    first, second = Settings(tmp_path / "w.json"), Settings(tmp_path / "w.json")
    first.add_recent(tmp_path / "a.netloom")
    second.add_recent(tmp_path / "b.netloom")
    assert {Path(entry).name for entry in Settings(tmp_path / "w.json").values.recent} == {"a.netloom", "b.netloom"}


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    """Fails if a home on a read-only disk keeps the window from closing."""
    (tmp_path / "file").write_text("in the way")
    settings = Settings(tmp_path / "file" / "window.json")
    settings.change(theme="light")
    assert settings.values.theme == "light"


def test_home_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if tests or a classroom image would write into the user's own settings."""
    monkeypatch.setenv("NETLOOM_HOME", str(tmp_path))
    assert home() == tmp_path
    monkeypatch.delenv("NETLOOM_HOME")
    assert home().name == "netloom"
