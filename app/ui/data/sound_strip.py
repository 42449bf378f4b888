"""The sound of the sample that is pointed at: wave and spectrogram, to be played and saved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from app.jobs.messages import Ended, Picture
from app.jobs.runner import Runner
from app.ui import scale
from app.ui.insight.tilesview import TilesView
from app.ui.latest_job import LatestJob
from app.ui.layouts import column, keep_width

if TYPE_CHECKING:
    from app.insight.browsing import Browser

WIDE, HIGH = 380, 190  # pixels at 100 %
POINT = "Point at a sample, and its sound is here."


class SoundStrip(QWidget):
    """Hidden for data that holds no sound whose rate is known."""

    def __init__(self, runner: Runner) -> None:
        super().__init__()
        self._job = LatestJob(runner, self, self._take, self._ended)
        self.wave, self.pitches = TilesView(holds=False), TilesView(holds=False)
        column((self.wave, 1), (self.pitches, 1), of=self, spacing=2)
        self.hide()

    def arrange(self, narrow: bool) -> None:
        """Stand beside the samples, or below them in a narrow panel."""
        keep_width(self, None if narrow else scale.letters_px(WIDE))
        self.setMinimumHeight(scale.letters_px(HIGH) if narrow else 0)

    def show_sample(self, browser: Browser | None, number: int) -> None:
        """Read this sample and show it; with a number below 0 say that one can be pointed at."""
        from app.data.sound import sound_field

        self._job.let_go()
        there = browser is not None and browser.feed.length is not None and bool(sound_field(browser.schema))
        self.setVisible(there)
        if not there or browser is None:
            return
        if number < 0:
            self.wave.say(POINT)
            self.pitches.say("")
            return
        self._job.start(partial(_pictures, browser, number))

    def _take(self, picture: Picture) -> None:
        wave, pitches = picture.content
        self.wave.show_tiles(wave)
        self.pitches.show_tiles(pitches)

    def _ended(self, ended: Ended) -> None:
        if ended.outcome == "failed":
            self.wave.say(ended.sentence)
            self.pitches.say("")


def _pictures(browser: Browser, number: int) -> Iterator[Picture]:
    """Wave and spectrogram of a sample of the data."""
    import torch

    from app.data.sound import sound_field, sound_of
    from app.insight.sound_pictures import pictured

    name = sound_field(browser.schema)
    values = browser.feed.at(torch.tensor([number]), None, [name])
    sound = sound_of(browser.schema, {name: values[name][0]})
    assert sound is not None, "the field is a sound"
    wave, pitches = pictured(browser.feed.name_of(number), sound)
    # There is little room: what the axes are is said by the view Sound.
    title = f"{browser.feed.name_of(number)}, {sound.seconds:.2f} s at {sound.rate:,} a second"
    wave = replace(wave, title=title, note="", x_label="", y_label="")
    pitches = replace(pitches, title=f"Pitches up to {sound.rate // 2:,} Hz", note="", x_label="", y_label="")
    yield Picture("sound", (wave, pitches))
