"""What the two adaptive poolings share."""

from nodes.api import Built, Shape, brief, image, module


def adaptive(torch_name: str, x: Shape, output_size: tuple[int, int]) -> Built:
    """An image of any size, brought to this one.

    Raises:
        ShapeError: if ``x`` is no image.
    """
    return Built(module(torch_name, brief(output_size)), output=(image(x)[0], *output_size))
