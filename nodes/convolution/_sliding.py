"""What the convolutions share: where a window of weights fits, and how torch is asked."""

from __future__ import annotations

from math import gcd, prod
from typing import Any

from nodes.api import (
    Built,
    Call,
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
MOST = 1024  # the largest kernel, stride, padding or dilation that the settings take


def convolution(
    torch_name: str,
    channels: int,
    sides: Sides,
    *,
    out_channels: int,
    kernel_size: Sides,
    stride: Sides,
    padding: Sides | str,
    dilation: Sides,
    groups: int,
    bias: bool,
) -> Built:
    """A convolution over ``channels`` maps of these sides: a sequence, an image or a volume.

    Raises:
        ShapeError: if the window does not fit, or the channels do not split into the groups.
    """
    check_groups(groups, channels, out_channels)
    dilation = read_gaps(dilation, kernel_size)
    reached = positions(sides, kernel_size, stride, padding, dilation)
    weights: dict[str, Sides] = {"weight": (out_channels, channels // groups, *kernel_size)}
    if bias:
        weights["bias"] = (out_channels,)
    call = module(
        torch_name,
        channels,
        out_channels,
        brief(kernel_size),
        **sliding(stride, padding, kernel_size, dilation),
        **differing(groups=(groups, 1), bias=(bias, True)),
    )
    return Built(
        in_direction(call, len(sides), margins(padding, kernel_size, dilation)),
        output=arranged(out_channels, reached),
        weights=weights,
        multiply_adds=out_channels * prod(reached) * channels // groups * prod(kernel_size),
    )


def transposed_convolution(
    torch_name: str,
    channels: int,
    sides: Sides,
    *,
    out_channels: int,
    kernel_size: Sides,
    stride: Sides,
    padding: Sides,
    output_padding: Sides,
    dilation: Sides,
    groups: int,
    bias: bool,
) -> Built:
    """The way back of a convolution: every value is spread over a window.

    Raises:
        ShapeError: if nothing is left of the output, or the channels do not split into the groups.
    """
    check_groups(groups, channels, out_channels)
    dilation = read_gaps(dilation, kernel_size)
    limits = tuple(max(pair) - 1 for pair in zip(stride, dilation))
    if any(more > limit for more, limit in zip(output_padding, limits)):
        possible = tuple(map(min, output_padding, limits))
        raise ShapeError(
            f"An output padding of {times(output_padding)} needs a larger stride: it must be smaller than the stride "
            f"or the dilation{', which counts where the kernel is wider than 1' * (1 in kernel_size)}. "
            f"Use {times(possible)}.",
            fixes=[SetParam("output_padding", setting(possible))],
        )
    spread = tuple(
        (side - 1) * step + gap * (window - 1) + more + 1
        for side, step, gap, window, more in zip(sides, stride, dilation, kernel_size, output_padding)
    )
    reached = tuple(side - 2 * pad for side, pad in zip(spread, padding))
    if min(reached) < 1:
        smaller = tuple(min(pad, (side - 1) // 2) for side, pad in zip(spread, padding))
        raise ShapeError(
            f"Padding {times(padding)} cuts off more than there is: without it the output is {named(spread)}. "
            f"Use padding {brief(smaller)}, or a larger kernel.",
            fixes=[SetParam("padding", setting(smaller))],
        )
    weights: dict[str, Sides] = {"weight": (channels, out_channels // groups, *kernel_size)}
    if bias:
        weights["bias"] = (out_channels,)
    call = module(
        torch_name,
        channels,
        out_channels,
        brief(kernel_size),
        **differing(
            stride=(brief(stride), 1),
            padding=(brief(padding), 0),
            output_padding=(brief(output_padding), 0),
            dilation=(brief(dilation), 1),
            groups=(groups, 1),
            bias=(bias, True),
        ),
    )
    return Built(
        in_direction(call, len(sides)),
        output=arranged(out_channels, reached),
        weights=weights,
        multiply_adds=channels * prod(sides) * out_channels // groups * prod(kernel_size),
    )


def positions(sides: Sides, kernel_size: Sides, stride: Sides, padding: Sides | str, dilation: Sides) -> Sides:
    """How many places the window takes in each direction.

    Raises:
        ShapeError: if it takes none, or "same" padding meets a stride.
    """
    if padding == "same":
        if max(stride) > 1:
            raise _same_with_stride(stride, kernel_size, dilation)
        return sides
    zeros = padding if isinstance(padding, tuple) else (0,) * len(sides)
    found = tuple(
        window_size(side, window, stride=step, padding=pad, dilation=gap)
        for side, window, step, pad, gap in zip(sides, kernel_size, stride, zeros, dilation)
    )
    if min(found) < 1:
        raise _too_large(sides, kernel_size, zeros, dilation)
    return found


def check_groups(groups: int, channels: int, out_channels: int) -> None:
    """
    Raises:
        ShapeError: if the channels or the filters cannot be shared out evenly.
    """
    if channels % groups or out_channels % groups:
        common = gcd(channels, out_channels)
        best = max(number for number in range(1, min(groups, common) + 1) if common % number == 0)
        raise ShapeError(
            f"{groups} groups cannot share {channels} channels and {out_channels} filters evenly. "
            f"Use a number that divides both, such as {best}.",
            fixes=[SetParam("groups", best)],
        )


def sliding(stride: Sides, padding: Sides | str, kernel_size: Sides, dilation: Sides) -> dict[str, Any]:
    """The printed arguments that say how the window moves. Uneven margins are added in ``forward`` instead."""
    if margins(padding, kernel_size, dilation) or padding == "valid":
        padding = 0, 0
    words = padding if isinstance(padding, str) else brief(padding)
    return differing(stride=(brief(stride), 1), padding=(words, 0), dilation=(brief(dilation), 1))


def read_gaps(dilation: Sides, kernel_size: Sides) -> Sides:
    """The dilation as it is printed: 1 wherever the kernel is one wide, where there is nothing to spread.

    This is no matter of taste: with a stride and a dilation above 1, torch 2.13 on the CPU reads outside its memory
    for some of the kernels that are one wide, and the process ends. The setting of the drawing stays as it is.
    """
    return tuple(1 if window == 1 else gap for gap, window in zip(dilation, kernel_size))


def margins(padding: Sides | str, kernel_size: Sides, dilation: Sides) -> Sides:
    """Zeros before and after, last direction first, where they are added in ``forward``; else nothing.

    That is where "same" needs one more after than before: torch would copy the input with these zeros too, but warns
    about it in every run. And where a dilated window may lie in the padding as a whole, because torch 2.13 on the CPU
    reads outside its memory for some of those; zeros that are really there leave it nothing to do wrong.
    """
    if isinstance(padding, tuple):
        beside = any(gap > 1 and pad > gap * (size - 1) for pad, gap, size in zip(padding, dilation, kernel_size))
        return tuple(part for pad in reversed(padding) for part in (pad, pad)) if beside else ()
    missing = [gap * (window - 1) for window, gap in zip(kernel_size, dilation)]
    if padding != "same" or all(count % 2 == 0 for count in missing):
        return ()
    return tuple(part for count in reversed(missing) for part in (count // 2, count - count // 2))


def in_direction(call: Call, directions: int, around: Sides = ()) -> Call:
    """``call`` as used in ``forward``, with zeros around what arrives. A sequence is turned for torch and back."""
    if not around:
        return call.along_time() if directions == 1 else call
    value, back = ("{x}.transpose(1, 2)", ".transpose(1, 2)") if directions == 1 else ("{x}", "")
    return call.used_as(f"{{output}} = {{layer}}(nn.functional.pad({value}, {around})){back}")


def arranged(channels: int, sides: Sides) -> Sides:
    """The sizes of the output: images and volumes have their channels first, sequences their features last."""
    return (*sides, channels) if len(sides) == 1 else (channels, *sides)


def setting(sides: Sides) -> int | Sides:
    """Sides as a setting holds them: a layer for sequences has one number."""
    return sides[0] if len(sides) == 1 else sides


def named(sides: Sides) -> str:
    """The sides in the middle of a sentence: ``an 8×8 image``."""
    if len(sides) == 1:
        return f"a sequence of {sides[0]} step{'s' * (sides[0] != 1)}"
    return with_article(f"{times(sides)} {'image' if len(sides) == 2 else 'volume'}")


def _kernel(sides: Sides) -> str:
    return f"kernel of {sides[0]} steps" if len(sides) == 1 else f"{times(sides)} kernel"


def _same_with_stride(stride: Sides, kernel_size: Sides, dilation: Sides) -> ShapeError:
    half = tuple(gap * (window - 1) // 2 for window, gap in zip(kernel_size, dilation))
    fixes = [SetParam("stride", setting((1,) * len(stride)))]
    other = ""
    if max(half) <= MOST:
        fixes.append(SetParam("padding", setting(half)))
        other = f", or padding {brief(half)}"
    return ShapeError(
        f'Padding "same" keeps the size, but a stride of {times(stride)} makes it smaller. Use stride 1{other}.',
        fixes=fixes,
    )


def _too_large(sides: Sides, kernel: Sides, padding: Sides, dilation: Sides) -> ShapeError:
    """The refusal of a kernel that is larger than the padded input."""
    reach = [gap * (window - 1) + 1 for window, gap in zip(kernel, dilation)]
    room = tuple(side + 2 * pad for side, pad in zip(sides, padding))
    wider = tuple(pad + max(0, (need - have + 1) // 2) for pad, need, have in zip(padding, reach, room))
    smaller = tuple(map(min, kernel, room))
    spread = f" spread over {times(reach)}" if max(dilation) > 1 else ""
    padded = f" (with padding {times(room)})" if max(padding) else ""
    fixes, ways = [], []
    if max(wider) <= MOST:
        fixes.append(SetParam("padding", setting(wider)))
        ways.append(f"padding {brief(wider)}")
    if max(dilation) > 1 and smaller == kernel:
        fixes.append(SetParam("dilation", setting((1,) * len(sides))))
        ways.append("dilation 1")
    if max(dilation) == 1:
        fixes.append(SetParam("kernel_size", setting(smaller)))
        ways.append(with_article(_kernel(smaller)))
    help_ = f"Use {', or '.join(ways)}." if ways else "Use a smaller dilation and a smaller kernel."
    refused = sentence_case(with_article(_kernel(kernel)))
    return ShapeError(f"{refused}{spread} does not fit into {named(sides)}{padded}. {help_}", fixes=fixes)
