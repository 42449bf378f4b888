"""Gets public data from the internet: in pieces that can be stopped, goes on where it was cut off, checks what came."""

from __future__ import annotations

import hashlib
import http.client
import json
import shutil
import socket
import ssl
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from app.data.public_sets import UNPACKED, home, is_there, path_of, size_of
from nodes.api import NoData
from nodes.api.downloads import Download, Remote, size_text

PIECE = 64 * 1024
PATIENCE = 15.0  # seconds without a byte after which a connection counts as cut
CONNECTING = 5.0  # the same before there is one
SHOWN = 0.1  # seconds between two events
TRIES = 3  # of an address, as long as each brings something new
SLACK = 100_000_000  # bytes that stay free on the disk


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: ``done`` of ``total`` bytes of the whole set, and the file and host that it is at."""

    done: int
    total: int
    file: str
    host: str


@dataclass(frozen=True, slots=True)
class AddressFailed:
    """An address did not give a file; the next one is tried."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Downloaded:
    """All is there and checked: ``path`` is what the source of the set is given."""

    path: str


class OpenConnection:
    """The connection that is open, for whoever wants to stop: ``cut`` may be called from any thread, also while nothing
    comes. The iterator then ends by itself."""

    def __init__(self) -> None:
        self.is_cut = False
        self._answer: http.client.HTTPResponse | None = None

    def cut(self) -> None:
        self.is_cut = True
        self._hang_up()

    def holds(self, answer: http.client.HTTPResponse) -> None:
        """Take down which connection is open."""
        self._answer = answer
        raw = getattr(getattr(answer, "fp", None), "raw", None)
        wire = getattr(raw, "_sock", None)
        if wire is not None:
            wire.settimeout(PATIENCE)
        if self.is_cut:
            self._hang_up()

    def _hang_up(self) -> None:
        raw = getattr(getattr(self._answer, "fp", None), "raw", None)
        wire = getattr(raw, "_sock", None)
        if wire is not None:
            with suppress(OSError, ValueError):
                wire.shutdown(socket.SHUT_RDWR)


class _Cut(Exception):
    """Somebody wants no more."""


class _Failed(Exception):
    """One try at one address. The message is a sentence; ``whole`` says that another try there is of no use, and
    ``unknown`` that nobody here knows the address, as where there is no network."""

    def __init__(self, sentence: str, whole: bool = True, unknown: bool = False) -> None:
        super().__init__(sentence)
        self.whole = whole
        self.unknown = unknown


def get(
    wanted: Download, folder: Path | None = None, addresses: Sequence[str] = (), line: OpenConnection | None = None
) -> Iterator[Progress | AddressFailed | Downloaded]:
    """Get a set into ``folder``. Closing the iterator stops it; what has come is kept, and a later call goes on there.

    ``addresses`` are tried in the place of those that are declared. ``line`` stops it from elsewhere: then it ends
    without ``Downloaded``.

    Raises:
        NoData: with a sentence, where no address gives a file.
    """
    place = folder if folder is not None else home() / wanted.id
    chosen = tuple(_checked(address) for address in addresses) or wanted.addresses
    try:
        place.mkdir(parents=True, exist_ok=True)
        if not (wanted.unpack and is_there(wanted, place)):
            yield from _files(wanted, place, chosen, line if line is not None else OpenConnection())
            if wanted.unpack:
                for file in wanted.files:
                    _unpack(place / file.name, place)
                (place / UNPACKED).touch()
    except _Cut:
        return
    except OSError as error:
        where = error.filename or place
        raise NoData(
            f"{where} cannot be written: {error.strerror or error}. Make room, or choose another folder."
        ) from None
    yield Downloaded(str(path_of(wanted, place)))


def _checked(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise NoData(f"{address!r} is no address of a web server. Give one that begins with http:// or https://.")
    return address if address.endswith("/") else address + "/"


def _files(
    wanted: Download, place: Path, addresses: Sequence[str], line: OpenConnection
) -> Iterator[Progress | AddressFailed]:
    before = 0
    missing = sum(
        file.size - size_of(_part(place / file.name)) for file in wanted.files if not (place / file.name).exists()
    )
    if missing + SLACK > shutil.disk_usage(place).free:
        free = size_text(shutil.disk_usage(place).free)
        raise NoData(
            f"{wanted.name} needs {size_text(missing)} and {place} has {free}. Make room, or choose another folder."
        )
    for file in wanted.files:
        target = place / file.name
        if not _is_right(target, file):
            troubles = []
            for address in addresses:
                try:
                    yield from _from(address, file, target, before, wanted.size, line)
                    break
                except _Failed as failed:
                    troubles.append(failed)
                    yield AddressFailed(str(failed))
            else:
                raise NoData(_given_up(wanted, place, troubles))
        before += file.size
        yield Progress(before, wanted.size, file.name, "")


def _given_up(wanted: Download, place: Path, troubles: Sequence[_Failed]) -> str:
    if all(trouble.unknown for trouble in troubles):
        return (
            f"This computer seems to be offline: {wanted.name} was not got. Connect it to the internet and try again, "
            f"or put the files into {place} yourself."
        )
    told = " ".join(dict.fromkeys(str(trouble) for trouble in troubles))
    kept = any(size_of(_part(place / file.name)) for file in wanted.files)
    rest = " What has come is kept, so a new try goes on from there." if kept else ""
    return f"{told} {wanted.name} was not got. Try again later, or put its files into {place} yourself.{rest}"


def _from(
    address: str, file: Remote, target: Path, before: int, total: int, line: OpenConnection
) -> Iterator[Progress]:
    """One file from one address, in several tries as long as each brings something.

    Raises:
        _Failed: if it does not come, or is another one.
    """
    part, url = _part(target), urljoin(address, file.name)
    host = urlsplit(url).netloc
    for number in range(1, TRIES + 1):
        there = size_of(part)
        try:
            for done in _pieces(url, host, file, part, line):
                yield Progress(before + min(done, file.size), total, file.name, host)
            break
        except _Failed as failed:
            if line.is_cut:
                raise _Cut from None
            if failed.whole or number == TRIES or size_of(part) <= there:
                raise
    if not _is_right(part, file):
        _forget(part)
        raise _Failed(
            f"{file.name} from {host} is not the file that was published: its content is another. It was deleted."
        )
    part.replace(target)
    _forget(part)


def _pieces(url: str, host: str, file: Remote, part: Path, line: OpenConnection) -> Iterator[int]:
    """Write what comes behind what is there already; gives the bytes that are there, now and then."""
    there = size_of(part)
    known = _known(part) if there else {}
    if there and (known.get("url") != url or there > file.size):
        there = 0
    if there == file.size:
        return
    request = urllib.request.Request(url, headers={"User-Agent": "netloom", "Accept-Encoding": "identity"})
    if there:
        request.add_header("Range", f"bytes={there}-")
        if known.get("mark"):
            request.add_header("If-Range", known["mark"])
    try:
        with urllib.request.urlopen(request, timeout=min(PATIENCE, CONNECTING)) as answer:
            line.holds(answer)
            if there and not (answer.status == 206 and _starts_at(answer, there)):
                there = 0  # it gives all of it again, or it is another file by now
            whole = _whole_size(answer, there)
            if whole is not None and whole != file.size:
                raise _Failed(
                    f"{host} gives {size_text(whole)} for {file.name}, which should be {size_text(file.size)}. It is "
                    "another file."
                )
            mark = answer.headers.get("ETag") or answer.headers.get("Last-Modified") or ""
            _remember(part, url, "" if mark.startswith("W/") else mark)
            with part.open("r+b" if there else "wb") as out:
                out.seek(there)
                out.truncate()
                yield from _copied(answer, out, file, there, host)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416:
            _forget(part)
            raise _Failed(f"{host} has less of {file.name} than before.", whole=False) from None
        if error.code in (404, 410):
            raise _Failed(f"{host} has no {file.name} any more.") from None
        raise _Failed(f"{host} does not give {file.name}: {error.code} {error.reason}.") from None
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError, ssl.SSLError) as error:
        if line.is_cut:
            raise _Cut from None
        unknown = isinstance(getattr(error, "reason", None), socket.gaierror)
        refused = isinstance(error, urllib.error.URLError)
        raise _Failed(_why(error, host, file, size_of(part)), refused, unknown) from None
    if line.is_cut:
        raise _Cut
    if size_of(part) < file.size:
        raise _Failed(_cut(host, file, size_of(part)), whole=False)


def _copied(answer: http.client.HTTPResponse, out: object, file: Remote, there: int, host: str) -> Iterator[int]:
    done, shown = there, 0.0
    while piece := answer.read1(PIECE):
        out.write(piece)  # type: ignore[attr-defined]
        if not there and done == 0 and file.begins and not piece.startswith(file.begins[: len(piece)]):
            out.truncate(0)  # type: ignore[attr-defined]
            raise _Failed(f"{host} gives something else than {file.name}, perhaps a page to log in.")
        done += len(piece)
        if done > file.size:
            raise _Failed(f"{host} gives more for {file.name} than the {size_text(file.size)} that it should be.")
        if time.monotonic() - shown >= SHOWN:
            shown = time.monotonic()
            yield done
    yield done


def _starts_at(answer: http.client.HTTPResponse, there: int) -> bool:
    return (answer.headers.get("Content-Range") or "").startswith(f"bytes {there}-")


def _whole_size(answer: http.client.HTTPResponse, there: int) -> int | None:
    length = answer.headers.get("Content-Length") or ""
    return there + int(length) if length.isdecimal() else None


def _why(error: Exception, host: str, file: Remote, there: int) -> str:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, socket.gaierror):
        return f"{host} is not found."
    if isinstance(reason, ssl.SSLError):
        return f"{host} cannot prove that it is {host}."
    if isinstance(reason, TimeoutError):
        return f"{host} did not answer for {PATIENCE:g} seconds."
    if isinstance(reason, ConnectionRefusedError):
        return f"{host} takes no connection."
    if isinstance(error, urllib.error.URLError):
        return f"There is no connection to {host} ({getattr(reason, 'strerror', None) or reason})."
    return _cut(host, file, there)


def _cut(host: str, file: Remote, there: int) -> str:
    return f"The connection to {host} was cut after {size_text(there)} of {size_text(file.size)} of {file.name}."


def _part(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def _notes(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _known(part: Path) -> dict[str, str]:
    """Where the beginning of a file came from, and by what the server knows that it is still the same."""
    try:
        found = json.loads(_notes(part).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: str(found.get(name, "")) for name in ("url", "mark")} if isinstance(found, dict) else {}


def _remember(part: Path, url: str, mark: str) -> None:
    _notes(part).write_text(json.dumps({"url": url, "mark": mark}), encoding="utf-8")


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _notes(part).unlink(missing_ok=True)


def _is_right(path: Path, file: Remote) -> bool:
    """Whether a file is the one that was published."""
    if size_of(path) != file.size:
        return False
    with path.open("rb") as content:
        if file.begins and content.read(len(file.begins)) != file.begins:
            return False
        content.seek(0)
        return not file.md5 or hashlib.file_digest(content, "md5").hexdigest() == file.md5


def _unpack(archive: Path, folder: Path) -> None:
    """Take the files out of a zip, under their names alone, whatever folders it names."""
    try:
        with zipfile.ZipFile(archive) as content:
            for member in content.infolist():
                name = Path(member.filename.replace("\\", "/")).name
                if member.is_dir() or not name or name.startswith("."):
                    continue
                with content.open(member) as source, (folder / name).open("wb") as out:
                    shutil.copyfileobj(source, out)
    except zipfile.BadZipFile as error:
        raise NoData(f"{archive} cannot be unpacked: {error}. Delete it and try again.") from None
