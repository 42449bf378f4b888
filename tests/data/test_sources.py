"""Every source and every augmentation of the palette, tested because it exists."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import Tensor

from app.core.compile.plan import PlanAugmentation, PlanSource, Ref
from app.data import catalog, printed_functions
from nodes.api import Layer, NoData, Shape
from nodes.api.registry import layers

SOURCES = [layer for layer in layers().values() if layer.source is not None and not layer.source.looked_at]
AUGMENTATIONS = [layer for layer in layers().values() if layer.role == "augmentation"]


def settings_of(layer: Layer) -> list[dict[str, Any]]:
    """The settings of its examples."""
    return [layer.settings(example.params) for example in layer.examples]


def plan_of(layer: Layer, settings: dict[str, Any]) -> PlanSource:
    return PlanSource("here", layer.id, settings, layer.build({}, settings).outputs)


def check(values: Tensor, shape: Shape, words: int) -> None:
    assert tuple(values.shape[1:]) == shape.sizes
    assert values.dtype == (torch.float32 if shape.dtype == "float" else torch.int64)
    assert bool(values.isfinite().all())
    if shape.classes is not None and shape.dtype == "float":  # a share of each class
        assert float(values.min()) >= 0
        assert torch.allclose(values.sum(-1), torch.ones(len(values)))
    elif shape.classes is not None:
        assert int(values.min()) >= 0
        steps_of_a_scale = bool(shape.sizes) and not words  # the loudest of which no short sound may reach
        assert int(values.max()) == shape.classes - 1 or (steps_of_a_scale and int(values.max()) < shape.classes)
        assert words in (0, shape.classes)


@pytest.mark.parametrize("layer", SOURCES, ids=lambda layer: layer.id)
def test_data_is_what_was_said_of_it(layer: Layer) -> None:
    """Fails if a source promises fields, sizes, kinds, classes or a number of samples that its data does not have."""
    for settings in settings_of(layer):
        source = plan_of(layer, settings)
        feed = catalog.load(source)
        assert feed.schema is not None
        assert feed.length == feed.schema.samples
        index = torch.arange(feed.length if feed.length is not None else 50)
        values = feed.at(index, catalog.generator_of(1), list(source.fields))
        assert values.keys() == source.fields.keys() == set(layer.outputs)
        for name, shape in source.fields.items():
            assert len(values[name]) == len(index)
            check(values[name], shape, len(feed.schema.fields[name].words))


# Games are played by the program itself, to the same weights: tests/training/test_playing.py.
LOADED = [layer for layer in SOURCES if layer.source is not None and not layer.source.plays]


@pytest.mark.parametrize("layer", LOADED, ids=lambda layer: layer.id)
def test_a_program_of_its_own_has_the_same_data(layer: Layer) -> None:
    """Fails if what is printed for a source needs something of ours, or gives other numbers."""
    for settings in settings_of(layer):
        source = plan_of(layer, settings)
        feed = catalog.load(source)
        script, function = printed_functions.script_of(source)
        names: dict[str, Any] = {}
        rows = ["import torch", "from torch.nn import functional", *script.imports]
        rows += [*function.imports, *function.rows] if function is not None else []
        exec("\n".join([*rows, *script.lines]), names)
        count = min(20, feed.length) if feed.length is not None else 20
        theirs = feed.at(torch.arange(count), catalog.generator_of(4), list(source.fields))
        if feed.length is None:
            assert function is not None
            call = printed_functions.call(function, "20", "torch.Generator().manual_seed(4)", settings=settings)
            ours = eval(call, names)
        else:
            ours = {name: eval(text, names)[:20] for name, text in script.fields.items()}
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[name], values) for name, values in theirs.items())


@pytest.mark.parametrize("layer", SOURCES, ids=lambda layer: layer.id)
def test_loading_and_drawing_leave_torchs_numbers_alone(layer: Layer) -> None:
    """Fails if data takes random numbers that the training has: a run would differ by who looks at its data."""
    source = plan_of(layer, layer.defaults())
    before = torch.get_rng_state()
    feed = catalog.load(source)
    few = torch.arange(min(5, feed.length or 5))
    first, second = (feed.at(few, catalog.generator_of(9), list(source.fields)) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("layer", AUGMENTATIONS, ids=lambda layer: layer.id)
def test_an_augmentation_keeps_the_shape_and_its_input(layer: Layer) -> None:
    """Fails if an augmentation changes sizes or type, writes into the data, or draws from elsewhere than its generator;
    run as it is printed, so also if that needs something of ours."""
    assert layer.transform is not None
    for example in layer.examples:
        shape, *targets = (shapes[0] for shapes in layer.wired(example).values())
        settings = layer.settings(example.params)
        assert layer.build(layer.wired(example), settings).outputs["output"] == shape
        arriving = [torch.rand(40, *shape.sizes)]
        arriving += [torch.rand(40, *([target.classes] if target.classes else target.sizes)) for target in targets]
        kept = [values.clone() for values in arriving]
        before = torch.get_rng_state()
        first, second = (_several(layer.transform(*arriving, catalog.generator_of(3), **settings)) for _ in range(2))
        assert torch.equal(torch.get_rng_state(), before)
        assert all(map(torch.equal, arriving, kept))
        assert [(each.shape, each.dtype) for each in first] == [(each.shape, each.dtype) for each in kept]
        assert all(map(torch.equal, first, second))
        assert not any(map(torch.equal, first, kept))
        step = PlanAugmentation("it", layer.id, settings, Ref("data", "image"), shape)
        function = printed_functions.transform_of(step)
        names: dict[str, Any] = {"generator": catalog.generator_of(3)}
        names |= {f"value{place}": values for place, values in enumerate(arriving)}
        exec("\n".join(["import torch", *function.imports, *function.rows]), names)
        call = printed_functions.call(
            function, *[f"value{place}" for place in range(len(arriving))], "generator", settings=settings
        )
        assert all(map(torch.equal, _several(eval(call, names)), first))


def _several(values: torch.Tensor | tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    return values if isinstance(values, tuple) else (values,)


def test_the_palette_needs_none_of_what_data_needs() -> None:
    """Fails if a source or an augmentation imports torch, numpy or scikit-learn before somebody loads data."""
    code = (
        "import sys; from nodes.api.registry import layers; from app.core.inference import infer; "
        "from app.core.storage.templates import load; infer(load('lenet_digits')); "
        "print(len(layers()) > 50, sorted({'torch', 'numpy', 'sklearn', 'scipy', 'polars'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "True []", done.stderr


def test_a_function_that_cannot_stand_alone_is_not_printed() -> None:
    """Fails if a script is exported that ends in a NameError, because a source leans on the rest of its file."""
    with pytest.raises(NoData, match="leaning needs layers of its file"):
        printed_functions.printed(leaning, "load_it")
    with pytest.raises(NoData, match="borrowing needs Field of its file"):
        printed_functions.printed(borrowing, "load_it")


def leaning(*, count: int) -> int:
    """Reads what its file has imported."""
    return count + len(layers())


def borrowing(*, count: int) -> object:
    """Reads what a program of its own does not have."""
    from nodes.api import Field

    return Field((count,))
