"""What the pooling layers share: where a window fits, and how torch is asked."""

from __future__ import annotations

from nodes.api import (
    Built,
    SetParam,
    ShapeError,
    brief,
    differing,
    module,
    sentence_case,
    times,
    window_size,
    with_article,
)

Sides = tuple[int, ...]  # one number for each direction in which the window slides


def pooling(
    torch_name: str,
    channels: int,
    sides: Sides,
    *,
    kernel_size: Sides,
    stride: Sides,
    padding: Sides,
    ceil_mode: bool,
    dilation: Sides | None = None,
    bare: bool = False,
) -> Built:
    """A pooling over ``channels`` maps of these sides: a sequence, an image or a volume. ``bare``: torch wants the
    window to fit in even without padding.

    Raises:
        ShapeError: if the window does not fit.
    """
    steps = tuple(step or window for step, window in zip(stride, kernel_size))
    gaps = dilation or (1,) * len(sides)
    if bare and any(window > side for window, side in zip(kernel_size, sides)):
        raise _too_large(sides, kernel_size, (0,) * len(sides), gaps)
    left = _positions(sides, kernel_size, steps, padding, gaps, ceil_mode)
    call = module(
        torch_name,
        brief(kernel_size),
        **differing(
            stride=(brief(steps), brief(kernel_size)),
            padding=(brief(padding), 0),
            dilation=(brief(gaps), 1),
            ceil_mode=(ceil_mode, False),
        ),
    )
    if len(sides) == 1:
        return Built(call.along_time(), output=(*left, channels))
    return Built(call, output=(channels, *left))


def _positions(sides: Sides, window: Sides, steps: Sides, padding: Sides, gaps: Sides, ceil_mode: bool) -> Sides:
    """How many places the window takes in each direction."""
    halves = tuple(size // 2 for size in window)
    if any(pad > half for pad, half in zip(padding, halves)):
        fitting = tuple(map(min, padding, halves))
        raise ShapeError(
            f"Padding {times(padding)} is more than half of {_window(window)}, so that some windows would hold nothing "
            f"else. Use padding {brief(fitting)}, or a larger window.",
            fixes=[SetParam("padding", _setting(fitting))],
        )
    found = []
    for side, size, step, pad, gap in zip(sides, window, steps, padding, gaps):
        count = window_size(side + (step - 1) * ceil_mode, size, stride=step, padding=pad, dilation=gap)
        # With ceil_mode a last window may hang over the end, but it must not begin behind the input.
        found.append(count - 1 if ceil_mode and (count - 1) * step >= side + pad else count)
    if min(found) < 1:
        raise _too_large(sides, window, padding, gaps)
    if any(map(_misses, found, sides, window, steps, padding, gaps)):
        bare = all(gap * (size - 1) < side for side, size, gap in zip(sides, window, gaps))  # it fits without padding
        fixes = [SetParam("dilation", _setting((1,) * len(sides)))]
        raise ShapeError(
            f"With dilation {times(gaps)} and padding {times(padding)} some windows would hold nothing of "
            f"{_named(sides)}, only padding. Use dilation 1{', or padding 0' * bare}.",
            fixes=[*fixes, SetParam("padding", _setting((0,) * len(sides)))] if bare else fixes,
        )
    return tuple(found)


def _misses(count: int, side: int, size: int, step: int, pad: int, gap: int) -> bool:
    """Whether one of so many windows steps over everything that is there, so that it reads padding alone.

    Only a dilated one that begins before the input can. Its maximum would be minus infinity, and on the way back torch
    2.13 would write its gradient to a place outside the memory of the input, by which the process ends.
    """
    starts = range(-pad, min(0, count * step - pad), step)
    # start % gap is the first place from 0 on that a window from ``start`` reads, if it is large enough.
    return gap > 1 and any(start % gap >= side or start % gap - start > gap * (size - 1) for start in starts)


def _too_large(sides: Sides, window: Sides, padding: Sides, gaps: Sides) -> ShapeError:
    """The refusal of a window that is larger than the padded input."""
    room = tuple(side + 2 * pad for side, pad in zip(sides, padding))
    smaller = tuple(map(min, window, room))
    padded = f" (with padding {times(room)})" if max(padding) else ""
    if max(gaps) > 1:
        reach = [gap * (size - 1) + 1 for size, gap in zip(window, gaps)]
        refused = f"{_window(window)} spread over {times(reach)}"
        fix, remedy = SetParam("dilation", _setting((1,) * len(sides))), "dilation 1"
    else:
        refused = _window(window)
        fix, remedy = SetParam("kernel_size", _setting(smaller)), _window(smaller)
    return ShapeError(
        f"{sentence_case(refused)} does not fit into {_named(sides)}{padded}. "
        f"Use {remedy}, or fewer poolings before it.",
        fixes=[fix],
    )


def _setting(sides: Sides) -> int | Sides:
    """Sides as a setting holds them: a layer for sequences has one number."""
    return sides[0] if len(sides) == 1 else sides


def _window(sides: Sides) -> str:
    if len(sides) == 1:
        return f"a window of {sides[0]} step{'s' * (sides[0] != 1)}"
    return with_article(f"{times(sides)} window")


def _named(sides: Sides) -> str:
    if len(sides) == 1:
        return f"a sequence of {sides[0]} step{'s' * (sides[0] != 1)}"
    return with_article(f"{times(sides)} {'image' if len(sides) == 2 else 'volume'}")
