"""What a crash leaves behind, as the store sees it: whose it is, whether it is newer, and what may be swept away."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.core.commands import SetSetting
from app.core.graph.model import Project
from app.core.storage import recovery, templates
from app.core.storage.files import open_project, save_project, write_atomic
from app.core.storage.processes import Process, exists, started, this_machine, this_process


@pytest.fixture
def ended() -> Process:
    """A process that has run and is gone."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        made = Process(process.pid, started(process.pid), this_machine())
        assert made.living
        process.communicate(b"\n")
    return made


def edited() -> Project:
    return SetSetting("", ("conv1",), "out_channels", 9).apply(templates.load("lenet_digits"))


def test_only_what_ended_processes_left_is_found(tmp_path: Path, ended: Process) -> None:
    """Fails if the drawing of a window that is still open is offered, or that of a crashed one is not."""
    mine, theirs = recovery.fresh_place(tmp_path), recovery.fresh_place(tmp_path)
    began = time.time()
    recovery.keep(mine, edited(), None, None, "mine", ("changed conv1",))
    recovery.keep(theirs, edited(), None, None, "theirs", ("changed conv1",), ended)
    (rescue,) = recovery.found(tmp_path)
    assert (rescue.name, rescue.changes, rescue.path) == ("theirs", ("changed conv1",), None)
    assert rescue.project == edited()
    assert began <= rescue.when <= time.time()
    assert mine.exists()


def test_a_number_that_is_used_again_is_not_the_same_process(tmp_path: Path) -> None:
    """Fails if a crashed drawing is never offered because another program now has the number of its process."""
    again = Process(os.getpid(), "long ago", this_machine())
    recovery.keep(recovery.fresh_place(tmp_path), edited(), None, None, "theirs", (), again)
    assert len(recovery.found(tmp_path)) == 1
    assert this_process().living


def test_another_machine_is_believed_for_a_while(tmp_path: Path) -> None:
    """Fails if a window on another machine, with the same home folder, has its drawing offered while it runs."""
    file = recovery.fresh_place(tmp_path)
    recovery.keep(file, edited(), None, None, "far", (), Process(1, "then", "another"))
    assert recovery.found(tmp_path) == ()
    long_ago = time.time() - recovery.FOREIGN_SECONDS - 60
    os.utime(file, (long_ago, long_ago))
    assert len(recovery.found(tmp_path)) == 1


def test_a_file_written_since_is_seen(tmp_path: Path, ended: Process) -> None:
    """Fails if a stale rescue would be restored over a file that was saved after it."""
    path = tmp_path / "lenet.netloom"
    save_project(templates.load("lenet_digits"), path)
    folder = tmp_path / "kept"
    recovery.keep(recovery.fresh_place(folder), edited(), path, recovery.stamp_of(path), "lenet.netloom", (), ended)
    assert not recovery.found(folder)[0].overtaken
    save_project(templates.load("mlp_digits"), path)
    assert recovery.found(folder)[0].overtaken
    path.unlink()
    assert recovery.found(folder)[0].overtaken


def test_what_says_the_same_as_the_file_is_not_offered(tmp_path: Path, ended: Process) -> None:
    """Fails if a crash right after saving asks about a drawing that lost nothing."""
    path = tmp_path / "lenet.netloom"
    save_project(edited(), path)
    file = recovery.fresh_place(tmp_path / "kept")
    recovery.keep(file, edited(), path, None, "lenet.netloom", (), ended)
    assert recovery.found(file.parent) == ()
    assert not file.exists()


def test_two_that_take_the_same_one(tmp_path: Path, ended: Process) -> None:
    """Fails if two windows that start together restore one drawing twice, or taking it loses it."""
    recovery.keep(recovery.fresh_place(tmp_path), edited(), None, None, "theirs", (), ended)
    first, second = recovery.found(tmp_path)[0], recovery.found(tmp_path)[0]
    place = recovery.taken(first)
    assert place is not None
    assert recovery.taken(second) is None
    assert recovery.found(tmp_path) == ()  # it is this process's now
    assert open_project(place).project.graph == edited().graph


def test_damaged_ones_are_kept_and_named(tmp_path: Path) -> None:
    """Fails if a kept drawing that cannot be read is lost, or stops the others from being found."""
    broken = recovery.fresh_place(tmp_path)
    broken.write_bytes(b"\x00\x01")
    (tmp_path / "something else.netloom").write_text("not ours")
    assert recovery.found(tmp_path) == ()
    assert recovery.unreadable(tmp_path) == (broken,)
    assert broken.exists()


def test_a_kept_drawing_opens_by_hand(tmp_path: Path) -> None:
    """Fails if a kept drawing cannot be opened as an ordinary file when everything else fails."""
    file = recovery.fresh_place(tmp_path)
    recovery.keep(file, edited(), None, None, "mine", ())
    opened = open_project(file)
    assert opened.complaints == ()
    assert opened.project.graph == edited().graph


def test_leftovers_of_killed_writing_are_swept(tmp_path: Path, ended: Process) -> None:
    """Fails if hidden halves of files gather beside a drawing, or one that is being written or is not ours goes."""
    path = tmp_path / "net.netloom"
    long_ago = time.time() - 3600
    gone = [f".net.netloom.{ended.number}-abcdefgh.part", ".net.netloom.abcdefg_.part"]
    stays = [
        f".net.netloom.{os.getpid()}-abcdefgh.part",  # it is being written
        ".net.netloom.two.netloom.abcdefgh.part",  # another drawing's
        ".other.netloom.abcdefgh.part",
        ".net.netloom.notes.part",
        "net.netloom.abcdefgh.part",
    ]
    young = f".net.netloom.{ended.number}-aaaaaaaa.part"
    for name in (*gone, *stays, young):
        (tmp_path / name).write_text("half")
        if name != young:
            os.utime(tmp_path / name, (long_ago, long_ago))
    (tmp_path / ".net.netloom.llllllll.part").symlink_to(tmp_path / "elsewhere")
    write_atomic(path, b"whole")
    left = {entry.name for entry in tmp_path.iterdir()}
    assert left == {path.name, young, ".net.netloom.llllllll.part", *stays}


def test_a_save_that_was_killed_leaves_a_name_that_is_swept(tmp_path: Path) -> None:
    """Fails if the sweep looks for other names than writing really makes."""
    path = tmp_path / "net.netloom"
    code = (
        "import os, sys; from pathlib import Path; from app.core.storage import files; "
        "os.replace = lambda *_: os.kill(os.getpid(), 9); files.write_atomic(Path(sys.argv[1]), b'half')"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == -9
    (part,) = tmp_path.iterdir()
    assert not exists(int(part.name.split(".")[3].partition("-")[0]))
    write_atomic(path, b"whole")
    assert part.exists()  # too young: somebody may still look at it
    os.utime(part, (0, 0))
    write_atomic(path, b"whole")
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
