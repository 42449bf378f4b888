"""A folder of photos, next to a hand-written folder data set in a DataLoader with two workers; and how smoothly a
window goes on while a folder of 100,000 files is looked at.

The photos are made here: soft forms with a little noise, which JPEG packs to about the size of real ones.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Any

import numpy
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from nodes.api import Feed
from nodes.api.registry import find
from tests.benchmarks.pairs import verdict

PHOTOS = 5_000
CLASSES = 10
SIDE = 64
BATCH = 64
FILES = 100_000
FIRST, LATER, LATE, LOOK = 1.3, 4.0, 0.01, 2.0


def write_photos(root: Path) -> None:
    """5,000 JPEGs of 500 × 375 in ten class folders; 200 different ones, each with other noise in the file's end."""
    rng = numpy.random.default_rng(0)
    packed = []
    for _ in range(200):
        coarse = Image.fromarray(rng.integers(0, 255, (24, 32, 3), dtype=numpy.uint8))
        fine = Image.fromarray(rng.integers(0, 255, (94, 125, 3), dtype=numpy.uint8))
        forms = numpy.asarray(coarse.resize((500, 375), Image.Resampling.BICUBIC), float) * 0.75
        forms += numpy.asarray(fine.resize((500, 375), Image.Resampling.BICUBIC), float) * 0.2
        noisy = (forms + rng.normal(6, 5, forms.shape)).clip(0, 255).astype(numpy.uint8)
        file = root / "one.jpg"
        Image.fromarray(noisy).save(file, quality=90)
        packed.append(file.read_bytes())
        file.unlink()
    for number in range(PHOTOS):
        folder = root / f"class{number % CLASSES}"
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.jpg").write_bytes(packed[number % len(packed)])


class ByHand(Dataset[tuple[torch.Tensor, int]]):
    """What people write: a list of files, and Pillow for each."""

    def __init__(self, root: Path) -> None:
        names = sorted(folder.name for folder in root.iterdir())
        self.files = [(path, label) for label, name in enumerate(names) for path in sorted((root / name).iterdir())]

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        path, label = self.files[index]
        with Image.open(path) as picture:
            small = picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        return torch.from_numpy(numpy.array(small)).permute(2, 0, 1).contiguous().float().div(255), label


def epoch_by_hand(loader: DataLoader[Any]) -> None:
    """All batches once."""
    for images, _ in loader:
        assert images.shape[1:] == (3, SIDE, SIDE)


def epoch(feed: Feed) -> None:
    """All batches once, in a new order."""
    for index in torch.randperm(PHOTOS).split(BATCH):
        images = feed.at(index, None, ["image", "label"])["image"]
        assert images.shape[1:] == (3, SIDE, SIDE)


def settings_of(path: Path) -> dict[str, Any]:
    """Of the source, as it stands in a drawing."""
    layer = find("Pictures")
    assert layer is not None
    return dict(layer.settings({**layer.defaults(), "path": str(path), "size": (SIDE, SIDE), "fit": "squeeze"}))


def fed(path: Path) -> Feed:
    """The source, loaded."""
    layer = find("Pictures")
    assert layer is not None
    assert layer.source is not None
    assert layer.source.load is not None
    feed = layer.source.load(**settings_of(path))
    assert isinstance(feed, Feed)
    return feed


def memory_of(what: str, root: Path) -> float:
    """The most megabytes that a process of its own and those it starts hold while it reads two epochs: what each of
    them holds alone, and its share of what it holds together with others."""
    command = [sys.executable, "-m", "tests.benchmarks.pictures", what, str(root)]
    process = subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"})
    most = 0.0
    while process.poll() is None:
        most = max(most, sum(_share(pid) for pid in _family(process.pid)))
        time.sleep(0.05)
    assert process.returncode == 0
    return most


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(each for child in children for each in _family(int(child)))]


def _share(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def speed(root: Path) -> bool:
    """Epochs in turn: by hand, a first one of ours without anything kept, by hand, a later one of ours."""
    loader = DataLoader(ByHand(root), BATCH, shuffle=True, num_workers=2)
    first, later = [], []
    epoch_by_hand(loader)  # the files are in the system's memory now, for both
    for _ in range(3):
        for kept in cache_folder().glob("*"):
            kept.unlink()
        hand = _seconds(lambda: epoch_by_hand(loader))
        feed = fed(root)
        ours = _seconds(lambda feed=feed: epoch(feed))  # type: ignore[misc]
        again = _seconds(lambda feed=feed: epoch(feed))  # type: ignore[misc]
        first.append((hand / ours, PHOTOS / hand, PHOTOS / ours))
        later.append((hand / again, PHOTOS / hand, PHOTOS / again))
    one, two = sorted(first)[1], sorted(later)[1]
    met_first, met_later = one[0] >= FIRST, two[0] >= LATER
    said = "times the pictures per second"
    verdict("first epoch", f"{one[0]:.2f} {said} ({one[2]:,.0f} / {one[1]:,.0f})", f"at least {FIRST}", met_first)
    verdict("later epochs", f"{two[0]:.2f} {said} ({two[2]:,.0f} / {two[1]:,.0f})", f"at least {LATER}", met_later)
    return met_first and met_later


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def cache_folder() -> Path:
    """Where what was decoded is kept during the benchmark."""
    from nodes.reading import cache

    return cache.folder()


def look(root: Path) -> bool:
    """A timer of a window of 60 pictures per second, while another thread looks at 100,000 files; and how late the
    same timer is on this machine while that thread only waits."""
    layer = find("Pictures")
    assert layer is not None
    assert layer.source is not None
    describe = layer.source.describe
    usual = dict(layer.settings({**layer.defaults(), "path": str(root)}))
    took: list[float] = []

    def work() -> None:
        for _ in range(3):
            start = time.perf_counter()
            schema = describe(**usual)
            took.append(time.perf_counter() - start)
            assert schema.samples == FILES

    share, ticks = late_ticks(work)
    idle, _ = late_ticks(lambda: time.sleep(sum(took)))
    met_look, met_late = sorted(took)[1] <= LOOK, share <= LATE + idle
    verdict("look at 100,000 files", f"{sorted(took)[1]:.2f} s", f"at most {LOOK:g} s", met_look)
    said = f"{share:.1%} of {ticks} ticks late by 16 ms, {idle:.1%} without a look"
    verdict("timer meanwhile", said, f"at most {LATE:.0%} more", met_late)
    return met_look and met_late


def late_ticks(work: Callable[[], None]) -> tuple[float, int]:
    """Which share of a timer's ticks came more than 16 ms late while ``work`` ran in a thread as jobs of a window have
    it, and how many came."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QCoreApplication, Qt, QTimer

    from app.jobs.runner import go_second

    app = QCoreApplication.instance() or QCoreApplication([])
    ticks: list[float] = []

    def behind() -> None:
        go_second()
        work()

    thread = Thread(target=behind)
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)

    def tick() -> None:
        ticks.append(time.perf_counter())
        if not thread.is_alive():
            app.quit()

    timer.timeout.connect(tick)
    timer.start(16)
    thread.start()
    app.exec()
    timer.stop()
    late = [later - earlier > 2 * 0.016 for earlier, later in pairwise(ticks)]
    return sum(late) / len(late), len(late)


def main() -> bool:
    """Measure all; True if every aim is met."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = str(Path(folder, "cache"))
        photos, files = Path(folder, "photos"), Path(folder, "files")
        photos.mkdir()
        write_photos(photos)
        good = speed(photos)
        hand, ours = memory_of("hand", photos), memory_of("ours", photos)
        verdict("memory", f"{ours:,.0f} MB / {hand:,.0f} MB", "at most the same", ours <= hand)
        good = good and ours <= hand
        small = Path(folder, "small.png")
        Image.new("L", (8, 8), 7).save(small)
        content = small.read_bytes()
        for number in range(FILES):
            if number < 100:
                (files / str(number)).mkdir(parents=True)
            (files / str(number % 100) / f"{number}.png").write_bytes(content)
        return look(files) and good


if __name__ == "__main__":
    torch.set_num_threads(1)
    if sys.argv[1] == "hand":
        by_hand = DataLoader(ByHand(Path(sys.argv[2])), BATCH, shuffle=True, num_workers=2)
        for _ in range(2):
            epoch_by_hand(by_hand)
    else:
        given = fed(Path(sys.argv[2]))
        for _ in range(2):
            epoch(given)
