"""What the pictures of normalizations share."""

from __future__ import annotations

from nodes.api import Settings, Sheet


def cube(sheet: Sheet, chosen: str, groups: int = 2) -> None:
    """Rows are samples, columns channels, the small squares pixels; what shares a mean has the colour."""

    def inside(sample: int, channel: int) -> bool:
        return {
            "channel": channel == 1,
            "sample": sample == 1,
            "group": sample == 1 and channel < 4 // groups,
            "one": sample == 1 and channel == 1,
        }[chosen]

    for sample in range(3):
        for channel in range(4):
            fill = "family" if inside(sample, channel) else None
            x, y = 84 + 30 * channel, 6 + 28 * sample
            sheet.grid(x, y, 2, 2, 11, fill)
    sheet.text(76, 45, "samples", side="left")
    sheet.text(142, 94, "channels")


def shared_channel(sheet: Sheet, settings: Settings) -> str:
    cube(sheet, "channel")
    return "What has the colour shares mean and deviation: one channel, over all samples of the batch."
