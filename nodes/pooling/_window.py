"""What the pooling layers share: fitting a window into an image."""

from nodes.api import Misfit, SetParam, Shape, image, times, window_size


def pooled(x: Shape, kernel_size: tuple[int, int], stride: int) -> tuple[int, int, int]:
    """Sizes after pooling ``x`` with this window; ``stride`` 0 means the window's own size.

    Raises:
        Misfit: if the window does not fit.
    """
    channels, height, width = image(x)
    if kernel_size[0] > height or kernel_size[1] > width:
        smaller = (min(kernel_size[0], height), min(kernel_size[1], width))
        raise Misfit(
            f"A {times(kernel_size)} window does not fit into a {times((height, width))} image. "
            f"Use a {times(smaller)} window, or fewer poolings before it.",
            fixes=[SetParam("kernel_size", smaller)],
        )
    rows, columns = (
        window_size(side, size, stride=stride or size) for side, size in zip((height, width), kernel_size, strict=True)
    )
    return channels, rows, columns
