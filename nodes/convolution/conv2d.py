"""2-D convolution."""

from nodes.api import (
    Built,
    Example,
    Int,
    Misfit,
    Pair,
    SetParam,
    Shape,
    Switch,
    brief,
    differing,
    image,
    layer,
    module,
    times,
    window_size,
)


@layer(
    id="Conv2d",
    name="Convolution 2-D",
    learns="weights",
    formula="out[o, i, j] = bias[o] + Σ weight[o, c, m, n] · x[c, i·stride + m, j·stride + n]",
    params=[
        Int("out_channels", 32, low=1, high=65_536, label="filters", card=True, help="How many patterns to look for."),
        Pair("kernel_size", 3, low=1, high=1024, label="kernel", card=True, help="Height and width of the window."),
        Pair("stride", 1, low=1, high=1024, help="How far the window moves in one step."),
        Pair("padding", 0, low=0, high=1024, help="Rows and columns of zeros added on each side of the image."),
        Pair("dilation", 1, low=1, high=1024, help="Distance between the values that the window reads."),
        Int("groups", 1, low=1, high=65_536, help="Splits the channels into groups that do not see each other."),
        Switch("bias", True, help="Adds one learned number to each filter's answer."),
    ],
    examples=[
        Example(inputs=[(1, 32, 32)], params={"out_channels": 6, "kernel_size": 5}, output=(6, 28, 28)),
        Example(inputs=[(3, 9, 7)], params={"out_channels": 4, "stride": 2, "padding": 1}, output=(4, 5, 4)),
        Example(inputs=[(4, 9, 9)], params={"out_channels": 8, "dilation": 2, "groups": 4}, output=(8, 5, 5)),
    ],
    words=["filter", "kernel", "feature map"],
)
def conv2d(
    x: Shape,
    *,
    out_channels: int,
    kernel_size: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
    groups: int,
    bias: bool,
) -> Built:
    """Slides small windows of weights over the image. Each filter looks for one pattern everywhere and
    gives one channel of answers: large where the pattern is found."""
    channels, height, width = image(x)
    if channels % groups or out_channels % groups:
        raise Misfit(
            f"{groups} groups cannot share {channels} channels and {out_channels} filters evenly. "
            "Use a number that divides both.",
            fixes=[SetParam("groups", 1)],
        )
    rows, columns = (
        window_size(side, window, stride=step, padding=pad, dilation=gap)
        for side, window, step, pad, gap in zip((height, width), kernel_size, stride, padding, dilation, strict=True)
    )
    if rows < 1 or columns < 1:
        raise _too_large((height, width), kernel_size, padding, dilation)
    weights: dict[str, tuple[int, ...]] = {"weight": (out_channels, channels // groups, *kernel_size)}
    if bias:
        weights["bias"] = (out_channels,)
    options = differing(
        stride=(brief(stride), 1),
        padding=(brief(padding), 0),
        dilation=(brief(dilation), 1),
        groups=(groups, 1),
        bias=(bias, True),
    )
    per_value = channels // groups * kernel_size[0] * kernel_size[1]
    return Built(
        module("nn.Conv2d", channels, out_channels, brief(kernel_size), **options),
        output=(out_channels, rows, columns),
        weights=weights,
        multiply_adds=out_channels * rows * columns * per_value,
    )


def _too_large(
    sides: tuple[int, int], kernel: tuple[int, int], padding: tuple[int, int], dilation: tuple[int, int]
) -> Misfit:
    """The refusal of a kernel that is larger than the padded image."""
    reach = [gap * (window - 1) + 1 for window, gap in zip(kernel, dilation, strict=True)]
    room = [side + 2 * pad for side, pad in zip(sides, padding, strict=True)]
    wider = tuple(pad + max(0, (need - have + 1) // 2) for pad, need, have in zip(padding, reach, room, strict=True))
    smaller = tuple(min(window, have) for window, have in zip(kernel, room, strict=True))
    spread = f" spread over {times(reach)}" if dilation != (1, 1) else ""
    padded = f" (with padding {times(room)})" if padding != (0, 0) else ""
    fixes = [SetParam("padding", wider)]
    other = ""
    if dilation == (1, 1):
        fixes.append(SetParam("kernel_size", smaller))
        other = f", or a {times(smaller)} kernel"
    return Misfit(
        f"A {times(kernel)} kernel{spread} does not fit into a {times(sides)} image{padded}. "
        f"Use padding {brief(wider)}{other}.",  # type: ignore[arg-type]
        fixes=fixes,
    )
