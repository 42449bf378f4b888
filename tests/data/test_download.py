"""Getting data from a server on the loopback address: one that is slow, cuts connections, knows no ranges, or lies."""

from __future__ import annotations

import gzip
import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.cli.main import run
from app.data import download
from app.data.download import AddressFailed, Downloaded, OpenConnection, Progress, get
from app.data.public_sets import downloads, is_there, path_of
from app.jobs.messages import Ended
from app.jobs.runner import Job
from nodes.api import NoData
from nodes.api.downloads import Download, Remote
from nodes.api.registry import find
from tests.data.test_idx import write
from tests.support.file_sources import feed
from tests.support.web_server import Server, serving

BIG = gzip.compress(np.random.default_rng(0).integers(0, 256, 700_000).astype("u1").tobytes(), 1)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server({"big.gz": BIG, "small.gz": gzip.compress(b"small")})) as made:
        yield made


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "SHOWN", 0.0)


def a_set(server: Server, *more: str, **changes: object) -> Download:
    files = tuple(
        Remote(name, len(data), hashlib.md5(data).hexdigest(), data[:2]) for name, data in server.files.items()
    )
    made = Download("some", "Some set", "about", "IDX", files, (*more, server.url))
    return replace(made, **changes)  # type: ignore[arg-type]


def all_right(server: Server, folder: Path) -> bool:
    left = {each.name for each in folder.iterdir()}
    return left == set(server.files) and all((folder / n).read_bytes() == data for n, data in server.files.items())


def test_all_files_come_with_progress(server: Server, tmp_path: Path) -> None:
    """Fails if a file is another than on the server, progress goes back or does not end at the whole, or parts stay."""
    wanted = a_set(server)
    events = list(get(wanted, tmp_path / "new" / "place"))
    steps = [event for event in events if isinstance(event, Progress)]
    assert len(steps) > 5
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert steps[-1].done == steps[-1].total == wanted.size
    assert events[-1] == Downloaded(str(tmp_path / "new" / "place"))
    assert all_right(server, tmp_path / "new" / "place")
    assert is_there(wanted, tmp_path / "new" / "place")


def test_what_is_there_is_not_got_again(server: Server, tmp_path: Path) -> None:
    """Fails if a second call takes the whole way again, or trusts a file whose content has changed."""
    wanted = a_set(server)
    list(get(wanted, tmp_path))
    server.asked.clear()
    list(get(wanted, tmp_path))
    assert server.asked == []
    (tmp_path / "big.gz").write_bytes(BIG[:-1] + b"x")
    list(get(wanted, tmp_path))
    assert server.asked == [("big.gz", "")]
    assert all_right(server, tmp_path)


def test_cancel_keeps_what_has_come_and_a_later_call_goes_on(server: Server, tmp_path: Path) -> None:
    """Fails if cancelling waits for the end, leaves a half file under the name of a whole one, or begins anew."""
    server.go = threading.Event()
    events = get(a_set(server), tmp_path)
    for event in events:
        assert isinstance(event, Progress)
        if event.done > 100_000:
            break
    events.close()  # type: ignore[attr-defined]
    server.go.set()
    assert not (tmp_path / "big.gz").exists()
    there = (tmp_path / "big.gz.part").stat().st_size
    assert there > 100_000
    server.asked.clear()
    list(get(a_set(server), tmp_path))
    assert server.asked[0] == ("big.gz", f"bytes={there}-")
    assert all_right(server, tmp_path)


def test_a_job_is_stopped_beside_the_window(server: Server, tmp_path: Path) -> None:
    """Fails if the runner cannot carry it, or a stop does not end it as cancelled."""
    job = Job(1, lambda: get(a_set(server), tmp_path))
    server.go = threading.Event()

    def heard() -> None:
        job.stop()
        assert server.go is not None
        server.go.set()

    ended = job.run(heard)
    assert isinstance(ended, Ended)
    assert ended.outcome == "cancelled"
    assert not (tmp_path / "big.gz").exists()


def test_it_can_be_stopped_while_nothing_comes(server: Server, tmp_path: Path) -> None:
    """Fails if a window that closes has to wait for a server that says nothing, or what came before is lost."""
    server.go = threading.Event()
    line = OpenConnection()
    events = get(a_set(server), tmp_path, line=line)
    cutter = threading.Timer(0.3, line.cut)
    cutter.start()
    assert not any(isinstance(event, Downloaded) for event in events)
    cutter.join()
    assert not server.go.is_set()
    server.go.set()
    assert (tmp_path / "big.gz.part").stat().st_size > 100_000
    list(get(a_set(server), tmp_path))
    assert all_right(server, tmp_path)
    assert not any(isinstance(event, Downloaded) for event in get(a_set(server), tmp_path / "other", line=line))


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("length", [True, False])
def test_a_cut_connection_is_taken_up_again(server: Server, tmp_path: Path, ranges: bool, length: bool) -> None:
    """Fails if a cut ends the download, loses or doubles bytes, or a server without ranges breaks the file."""
    server.cut_at, server.cuts, server.ranges, server.length = 300_000, 1, ranges, length
    list(get(a_set(server), tmp_path))
    assert server.asked[:2] == [("big.gz", ""), ("big.gz", "bytes=300000-")]
    assert all_right(server, tmp_path)


def test_a_connection_that_is_cut_again_and_again_is_a_sentence(server: Server, tmp_path: Path) -> None:
    """Fails if it is tried for ever, or what has come is thrown away."""
    server.cut_at, server.cuts = 1000, 1000
    with pytest.raises(NoData, match=r"was cut after .* is kept, so a new try goes on"):
        list(get(a_set(server), tmp_path))
    assert (tmp_path / "big.gz.part").stat().st_size == 3000
    server.cut_at = None
    list(get(a_set(server), tmp_path))
    assert all_right(server, tmp_path)


@pytest.mark.parametrize("mark", ['"two"', ""])
def test_a_file_that_changed_meanwhile_is_begun_anew(server: Server, tmp_path: Path, mark: str) -> None:
    """Fails if the beginning of one file gets the end of another, or that mixture is kept."""
    server.cut_at, server.cuts, server.mark = 1000, 1000, mark and '"one"'
    with pytest.raises(NoData):
        list(get(a_set(server), tmp_path))
    server.cut_at, server.mark = None, mark
    changed = BIG[:10] + bytes(reversed(BIG[10:]))
    server.files["big.gz"] = changed
    wanted = a_set(server)
    if mark:
        list(get(wanted, tmp_path))
    else:  # the server does not say that it changed: the checksum does
        with pytest.raises(NoData, match="not the file that was published"):
            list(get(wanted, tmp_path))
        assert not list(tmp_path.glob("*.part*"))
        list(get(wanted, tmp_path))
    assert all_right(server, tmp_path)


def test_a_wrong_checksum_is_never_kept(server: Server, tmp_path: Path) -> None:
    """Fails if a file that is not the published one is used, or nobody is told which it was."""
    wanted = a_set(server)
    server.files["big.gz"] = BIG[:-1] + b"x"
    with pytest.raises(NoData, match=r"big.gz from 127.0.0.1:\d+ is not the file that was published"):
        list(get(wanted, tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (b"<html>Log in here</html>", "It is another file"),
        (BIG + b"more", "It is another file"),
        (b"<html>" + BIG[6:], "perhaps a page to log in"),
    ],
)
@pytest.mark.parametrize("length", [True, False])
def test_a_page_in_the_place_of_a_file_is_told(
    server: Server, tmp_path: Path, answer: bytes, sentence: str, length: bool
) -> None:
    """Fails if the page of a hotel's network is saved as data."""
    wanted = a_set(server)
    server.files["big.gz"], server.length = answer, length
    expected = sentence if length else r"gives something else|gives more"
    with pytest.raises(NoData, match=expected):
        list(get(wanted, tmp_path))
    assert not (tmp_path / "big.gz").exists()


def test_the_next_address_is_tried(server: Server, tmp_path: Path) -> None:
    """Fails if one dead address of several ends the download, or is passed over without a word."""
    wanted = a_set(server, "http://127.0.0.1:9/", server.url + "elsewhere/")
    events = list(get(wanted, tmp_path))
    told = [event.sentence for event in events if isinstance(event, AddressFailed)]
    assert "127.0.0.1:9 takes no connection." in told
    assert any("has no big.gz any more" in sentence for sentence in told)
    assert all_right(server, tmp_path)


@pytest.mark.parametrize(("status", "words"), [(404, "has no big.gz"), (503, "503"), (403, "403")])
def test_what_the_server_refuses_is_a_sentence(server: Server, tmp_path: Path, status: int, words: str) -> None:
    """Fails if a refusal is a traceback, or does not say what to do."""
    server.status = status
    with pytest.raises(NoData, match=words) as caught:
        list(get(a_set(server), tmp_path))
    assert f"put its files into {tmp_path} yourself." in str(caught.value)


def test_offline_is_a_plain_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a computer without a network gets the words of its resolver."""

    def nobody(*_: object, **__: object) -> None:
        raise download.socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(download.socket, "getaddrinfo", nobody)
    with pytest.raises(NoData, match=r"This computer seems to be offline: MNIST was not got. Connect it"):
        list(get(downloads()["mnist"], tmp_path))


def test_a_server_that_falls_silent_is_a_sentence(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if a connection without a byte hangs for ever, or loses what came before."""
    monkeypatch.setattr(download, "PATIENCE", 0.2)
    server.go = threading.Event()
    with pytest.raises(NoData, match=r"did not answer for 0.2 seconds. .* is kept"):
        list(get(a_set(server), tmp_path))
    server.go.set()
    list(get(a_set(server), tmp_path))
    assert all_right(server, tmp_path)


def test_a_zip_is_unpacked_under_plain_names(server: Server, tmp_path: Path) -> None:
    """Fails if a member leads outside of the folder, or the set is unpacked a second time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("gzip/train-images.gz", b"one")
        archive.writestr("../../outside.gz", b"two")
        archive.writestr("..\\back.gz", b"three")
    server.files = {"gzip.zip": packed.getvalue()}
    wanted = a_set(server, unpack=True)
    folder = tmp_path / "a" / "b"
    assert not is_there(wanted, folder)
    list(get(wanted, folder))
    assert {each.name for each in folder.iterdir() if not each.name.startswith(".")} == {
        "gzip.zip", "train-images.gz", "outside.gz", "back.gz",
    }  # fmt: skip
    assert {each.name for each in tmp_path.iterdir()} == {"a"}
    assert is_there(wanted, folder)
    server.asked.clear()
    list(get(wanted, folder))
    assert server.asked == []


def test_too_little_room_is_a_sentence(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a full disk is found out at the end."""
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: type("Free", (), {"free": 1000}))
    with pytest.raises(NoData, match=r"Some set needs 70. KB and .* has 1 KB. Make room"):
        list(get(a_set(server), tmp_path))
    assert server.asked == []
    (tmp_path / "file").write_text("")
    with pytest.raises(NoData, match="cannot be written"):
        list(get(a_set(server), tmp_path / "file" / "below"))


@pytest.mark.parametrize("address", ["file:///etc/", "ftp://a/", "mnist", "http:///", ""])
def test_other_addresses_than_of_the_web_are_refused(tmp_path: Path, address: str) -> None:
    """Fails if an address reads files of this computer."""
    with pytest.raises(NoData, match="is no address of a web server"):
        list(get(downloads()["mnist"], tmp_path, [address]))


def test_every_declared_set_is_whole() -> None:
    """Fails if a set has no address, a wrong checksum's length, or a source that there is not."""
    assert {"mnist", "fashion-mnist", "emnist", "cifar10", "cifar100"} <= set(downloads())
    for wanted in downloads().values():
        assert find(wanted.source) is not None
        assert wanted.addresses
        assert all(address.startswith("http") and address.endswith("/") for address in wanted.addresses)
        assert all(len(file.md5) == 32 and file.size > 1000 and file.begins for file in wanted.files)
        assert not wanted.opens or wanted.opens in [file.name for file in wanted.files]


def test_the_command_gets_a_set_that_its_source_reads(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Fails if `netloom get` does not list, does not take an address, or what it got is not what its source reads."""
    for part, count in (("train", 6), ("t10k", 3)):
        write(tmp_path / "s" / f"{part}-images-idx3-ubyte.gz", np.zeros((count, 28, 28)))
        write(tmp_path / "s" / f"{part}-labels-idx1-ubyte.gz", np.arange(count))
    server.files = {each.name: each.read_bytes() for each in (tmp_path / "s").iterdir()}
    wanted = a_set(server, "http://127.0.0.1:9/", id="mnist", name="MNIST")
    monkeypatch.setattr("app.cli.getting.downloads", lambda: {"mnist": wanted})
    monkeypatch.setenv("NETLOOM_HOME", str(tmp_path / "home"))
    assert run(["get"]) == 0
    assert "is here" not in capsys.readouterr().out
    assert run(["get", "mnist", "--from", "http://127.0.0.1:9"]) == 1
    assert "127.0.0.1:9 takes no connection." in capsys.readouterr().err
    assert run(["get", "MNIST", "--from", server.url]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "home" / "data" / "mnist") == str(path_of(wanted))
    assert run(["get"]) == 0
    assert "is here" in capsys.readouterr().out
    assert feed("IDX", path_of(wanted)).length == 9
    assert run(["get", "mnits"]) == 2
    assert "There are: mnist" in capsys.readouterr().err
