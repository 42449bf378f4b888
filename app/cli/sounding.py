"""What the command sample does for a net that goes on with a sound."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.out import Usage, deliver, say_json
from nodes.api import NoData

if TYPE_CHECKING:
    from app.training.checkpoints import LoadedRun
    from app.training.writing.sounding import SoundWriter

SECONDS = 2
SAFE = 0.3  # the temperature, if none is given: tones stay what they are


def sounded(
    loaded: LoadedRun,
    sounder: SoundWriter,
    prompt: str,
    length: int | None,
    temperature: float | None,
    seed: int,
    out: Path | None,
    json: bool,
) -> int:
    """Write a sound that the net goes on with: the begin, from the file ``prompt`` or from the data, and ``length``
    values behind it.

    Raises:
        Usage: without a place to write it to.
        NoData: if the begin cannot be had.
    """
    from app.data.sound import Sound
    from app.training.writing.sounding import beginning, continued

    if out is None or out.suffix.lower() != ".wav":
        raise Usage("This net makes a sound. Say where to: -o OUT.wav")
    length = SECONDS * sounder.rate if length is None else length
    if prompt:
        place = Path(prompt).expanduser()
        if not place.is_file():
            raise NoData(f"There is no sound {prompt}. The prompt of this net is a sound that it goes on with.")
        start, whence = sounder.numbers(place), place.name
    else:
        start, whence = beginning(loaded.net, sounder, seed)
    temperature = SAFE if temperature is None else temperature
    made = list(continued(sounder, loaded.model, start, length=length, temperature=temperature, seed=seed))
    told = (
        f"{len(start) / sounder.rate:.2f} s of {whence}, and {length / sounder.rate:.2f} s that the net made "
        f"({sounder.rate:,} values a second)."
    )
    content = Sound(sounder.wave([*start, *made]), sounder.rate).wav()
    deliver(out, content, told, quiet=json)
    if json:
        report = {"run": str(loaded.folder), "epoch": loaded.epoch, "out": str(out), "rate": sounder.rate}
        say_json({**report, "begins_with": whence, "given": len(start), "made": length})
    return 0
