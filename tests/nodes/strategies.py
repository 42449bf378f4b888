"""Random valid settings and input shapes for any registered layer."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from nodes.api import (
    Assignments,
    Choice,
    Columns,
    File,
    Float,
    Int,
    Layer,
    Names,
    Numbers,
    Param,
    Several,
    Shape,
    Sides,
    Sizes,
    Switch,
    Text,
)
from nodes.api.given import Given


def value_of(param: Param) -> st.SearchStrategy[Any]:
    """Values that the setting takes, small ones preferred so that networks stay small."""
    match param:
        case Int():
            low = max(param.low, -4)  # where a negative number counts from the end
            return with_words(st.integers(low, min(param.high, low + 8)), param.words)
        case Float():
            return st.floats(
                param.low, param.high, exclude_min=param.open_low, exclude_max=param.open_high, allow_subnormal=False
            )
        case Switch():
            return st.booleans()
        case Choice():
            return st.sampled_from(param.options)
        case Several():
            return st.lists(st.sampled_from(param.options), unique=True).map(param.check)
        case Sides():
            side = st.integers(param.low, min(param.high, param.low + 4))
            return with_words(st.tuples(*[side] * param.count), param.words)
        case Numbers():
            return st.lists(st.floats(max(param.low, 0.1), min(param.high, 9.0)), max_size=3).map(tuple)
        case File():
            return st.sampled_from(["", *(f"data/some{ending}" for ending in param.endings or (".csv",))])
        case Names():
            return st.just(())
        case Assignments():
            one = st.sampled_from(param.known).flatmap(lambda each: value_of(each).map(lambda v: f"{each.name}={v}"))
            return st.lists(one, max_size=2).map(tuple)
        case Given():  # empty: numbers that are set by hand have to go with shapes
            return st.just("")
        case Text():
            return st.sampled_from([param.default, "", "some words"])
        case Columns():
            return st.sampled_from(param.options).map(lambda word: (f"age={word}",))
        case Sizes():
            any_sizes = st.lists(st.integers(param.low, min(param.high, 9)), min_size=param.least, max_size=param.most)
            # An order of axes is hardly ever met by chance.
            orders = st.integers(max(param.least, 1), min(param.most, 4)).flatmap(
                lambda n: st.permutations(range(1, n + 1))
            )
            return (any_sizes if param.low > 1 else st.one_of(any_sizes, orders)).map(tuple)
    raise AssertionError(f"no strategy for {type(param).__name__}; add one, so that the harness covers it")


def with_words(numbers: st.SearchStrategy[Any], words: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """Numbers, or now and then one of the words."""
    return st.one_of(numbers, numbers, st.sampled_from(words)) if words else numbers


def settings_of(layer: Layer) -> st.SearchStrategy[dict[str, Any]]:
    """Checked settings of a layer."""
    return st.fixed_dictionaries({param.name: value_of(param) for param in layer.params}).map(layer.settings)


@st.composite
def cases_of(draw: st.DrawFn, layer: Layer) -> tuple[dict[str, list[Shape]], dict[str, Any]]:
    """Inputs and settings that the layer may take or refuse. Half of them have the inputs of an
    example and what it sets, because random settings such as a new order of axes seldom go with random inputs."""
    if draw(st.booleans()):
        return draw(inputs_of(layer)), draw(settings_of(layer))
    example = draw(st.sampled_from(layer.examples))
    own = [param for param in layer.params if param.name not in example.params]
    settings = {param.name: draw(value_of(param)) for param in own} | dict(example.params)
    return layer.wired(example), layer.settings(settings)


@st.composite
def inputs_of(draw: st.DrawFn, layer: Layer) -> dict[str, list[Shape]]:
    """Shapes at the ports: those of one of the layer's examples with other sizes. Axes that agree in the example
    agree here, so that layers that need equal inputs often get them."""
    example = draw(st.sampled_from(layer.examples))
    sizes: dict[int, int] = {}

    def varied(shape: Shape) -> Shape:
        new = tuple(sizes.setdefault(size, draw(st.integers(1, 12))) for size in shape.sizes)
        return Shape(new, shape.dtype, shape.classes)

    return {port: [varied(shape) for shape in shapes] for port, shapes in layer.wired(example).items()}


@st.composite
def strange_cases_of(draw: st.DrawFn, layer: Layer) -> tuple[dict[str, list[Shape]], dict[str, Any]]:
    """Inputs of any form at every port, most of which the layer refuses."""
    sizes = st.lists(st.sampled_from([1, 2, 4, 6, 12]), max_size=4).map(tuple)
    classes = st.one_of(st.none(), st.integers(1, 12))
    shape = st.one_of(st.builds(Shape, sizes), st.builds(Shape, sizes.map(lambda s: s[:2]), st.just("int"), classes))
    wired = {
        port.name: draw(st.lists(shape, min_size=1, max_size=3 if port.variadic else 1))
        for port in layer.inputs
        if not port.optional or draw(st.booleans())
    }
    return wired, draw(settings_of(layer))
