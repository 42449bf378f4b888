"""What was decoded is kept for the next time, and nothing that happens to the disk changes what is trained on."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from nodes.api import Unreadable
from nodes.reading import cache
from nodes.reading.cache import Decoded, make_room
from nodes.reading.cached_pictures import Kept

SIZE = 12


def sample(number: int) -> np.ndarray:
    return (np.arange(SIZE) * 3 + number * 7).astype(np.uint8)


def kept(place: Path, key: str = "k", count: int = 5, most: int = 10**6) -> Decoded:
    return Decoded(key, count, SIZE, place, most)


def filled(place: Path) -> Path:
    decoded = kept(place)
    for number in range(5):
        decoded.write(number, sample(number))
    return decoded.path


def there(decoded: Decoded) -> list[bool]:
    """Which samples it has; that those are the right ones is asserted."""
    found = []
    for number in range(5):
        values = np.zeros(SIZE, np.uint8)
        found.append(decoded.read(number, values))
        assert not found[-1] or np.array_equal(values, sample(number))
    return found


def test_what_was_written_is_read_by_the_next_program(tmp_path: Path) -> None:
    """Fails if a second look decodes again, or another set of files is taken for this one."""
    decoded = kept(tmp_path)
    assert there(decoded) == [False] * 5
    decoded.write(3, sample(3))
    assert there(decoded) == [False, False, False, True, False]
    assert there(kept(tmp_path)) == [False, False, False, True, False]
    assert there(kept(tmp_path, "another")) == [False] * 5
    assert there(kept(tmp_path, count=6))[:5] == [False] * 5


def test_a_damaged_file_is_never_believed(tmp_path: Path) -> None:
    """Fails if flipped, cut off or foreign bytes come back as a picture."""
    path = filled(tmp_path)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    assert there(kept(tmp_path)) == [True, True, True, True, False]
    path.write_bytes(bytes(content[:-20]))  # cut off: begun anew
    assert there(kept(tmp_path)) == [False] * 5
    filled(tmp_path)
    path.write_bytes(b"x" * len(content))
    assert there(kept(tmp_path)) == [False] * 5


def test_a_file_that_is_cut_off_while_it_is_read_ends_nothing(tmp_path: Path) -> None:
    """Fails if a file that another program cuts off ends this one, as a map of it would."""
    path = filled(tmp_path)
    decoded = kept(tmp_path)
    os.truncate(path, 100)
    assert there(decoded)[4] is False


def test_a_disk_that_is_full_or_read_only_only_costs_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if training stops because nothing can be kept."""
    decoded = kept(tmp_path)
    decoded.write(0, sample(0))
    name = "pwrite" if hasattr(os, "pwrite") else "write"

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(cache.os, name, full)
        decoded.write(1, sample(1))
    assert there(decoded) == [True, False, False, False, False]
    (tmp_path / "file").write_text("no folder")
    nowhere = kept(tmp_path / "file" / "below")
    nowhere.write(0, sample(0))
    assert there(nowhere) == [False] * 5
    assert there(kept(tmp_path / "small", most=50)) == [False] * 5


def test_what_was_not_used_for_longest_makes_room(tmp_path: Path) -> None:
    """Fails if all of it together grows without end, or what was just used is removed."""
    paths = []
    for number in range(4):
        decoded = kept(tmp_path, str(number))
        decoded.write(0, sample(number))
        os.utime(decoded.path, (1000 + number, 1000 + number))
        paths.append(decoded.path)
        del decoded
    size = paths[0].stat().st_size
    assert kept(tmp_path, "0", most=10 * size).path == paths[0]  # used again
    kept(tmp_path, "new", most=3 * size)
    assert [path.exists() for path in paths] == [True, False, False, True]
    assert len(list(tmp_path.iterdir())) == 3
    make_room(tmp_path, 0)
    assert not list(tmp_path.iterdir())


def test_the_limit_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if the setting is not heard, or a wrong one is a traceback."""
    monkeypatch.setenv(cache.LIMIT_NAME, "0.5")
    assert cache.limit() == 2**29
    monkeypatch.setenv(cache.LIMIT_NAME, "much")
    assert cache.limit() == 10 * 2**30
    monkeypatch.setenv(cache.LIMIT_NAME, "-1")
    assert cache.limit() == 0


def test_threads_read_and_write_at_once(tmp_path: Path) -> None:
    """Fails if samples get mixed up between threads."""
    decoded = kept(tmp_path)

    def work() -> None:
        for _ in range(50):
            for number in range(5):
                decoded.write(number, sample(number))
                there(decoded)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert there(decoded) == [True] * 5


def test_the_second_epoch_decodes_nothing(tmp_path: Path) -> None:
    """Fails if a picture is decoded twice, a bad one is tried again, or the values of both epochs differ."""
    read: list[int] = []

    def fresh(number: int) -> np.ndarray:
        read.append(number)
        if number == 2:
            raise Unreadable("c.png is damaged.")
        return sample(number).reshape(1, 3, 4)

    column = Kept((1, 3, 4), range(5), fresh, kept(tmp_path))
    good = torch.tensor([4, 0, 1, 0, 3])
    first = column.at(good)
    assert first.dtype == torch.float32
    assert np.array_equal(first[0, 0].numpy().reshape(-1), sample(4).astype(np.float32) / 255)
    assert torch.equal(column.at(good), first)
    for _ in range(2):
        with pytest.raises(Unreadable, match=r"c\.png"):
            column.at(torch.tensor([2, 3]))
    assert sorted(set(read)) == [0, 1, 2, 3, 4]
    assert read.count(2) == 1
    assert read.count(4) == read.count(3) == 1


def test_the_check_sum_is_of_the_picture_not_of_its_name(tmp_path: Path) -> None:
    """Fails if float and byte values are not the same picture after they were kept."""
    picture = Image.effect_noise((4, 3), 80)
    values = np.asarray(picture).copy()[None]
    column = Kept((1, 3, 4), range(1), lambda _: values, Decoded("n", 1, 12, tmp_path, 10**6))
    one, two = column.at(torch.tensor([0])), column.at(torch.tensor([0]))
    assert torch.equal(one, two)
    assert torch.equal((two * 255).round().to(torch.uint8)[0], torch.from_numpy(values))
