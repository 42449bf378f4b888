"""Dilations: kernels that are one wide, where torch may end the process, and what the formulas say."""

from __future__ import annotations

import itertools
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from app.core.compile.net import compile_net
from app.core.storage.format import to_text
from nodes.api import Layer
from nodes.api.registry import layers
from tests.nodes.alone import drawing
from tests.nodes.nets import net_of
from tests.nodes.strategies import cases_of
from tests.nodes.test_harness import QUICK, built_or_skip

CONVOLUTIONS = [
    layer for layer in layers().values() if {"kernel_size", "dilation"} <= {p.name for p in layer.params}
    and layer.category == "convolution"
]  # fmt: skip


def test_no_convolution_with_a_dilation_is_forgotten() -> None:
    """Fails if the list below is empty, or a new convolution does not take part."""
    names = {layer.id for layer in CONVOLUTIONS}
    assert names >= {"Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "SeparableConv2d"}


@pytest.mark.parametrize("layer", CONVOLUTIONS, ids=lambda layer: layer.id)
@given(data=st.data())
@QUICK
def test_no_module_has_a_dilation_where_its_kernel_is_one_wide(layer: Layer, data: st.DataObject) -> None:
    """Fails if such a setting reaches torch. The module is only looked at, and nothing is computed."""
    inputs, chosen = data.draw(cases_of(layer))
    built_or_skip(layer, inputs, chosen)
    with torch.device("meta"):
        model = compile_net(drawing(layer, inputs, chosen)).model()
    (made,) = [each for each in model.modules() if hasattr(each, "dilation") and each.kernel_size != (1, 1)] or [None]
    for module in model.modules():
        if hasattr(module, "dilation"):
            assert all(gap == 1 for window, gap in zip(module.kernel_size, module.dilation) if window == 1)
    if made is not None:  # elsewhere it is what was set
        wanted = chosen["dilation"] if isinstance(chosen["dilation"], tuple) else (chosen["dilation"],)
        assert made.dilation == tuple(1 if k == 1 else gap for k, gap in zip(made.kernel_size, wanted))


def test_the_drawing_keeps_what_was_set() -> None:
    """Fails if the file or the inspector forgets the dilation, so that a larger kernel would not have it."""
    net = net_of(
        {"x": "(2, 9, 9)", "it": ("Conv2d", {"kernel_size": (1, 3), "dilation": (3, 2)}), "out": "Output"}, "x it out"
    )
    assert "dilation=(1, 2)" in net.source.text
    assert net.project is not None
    assert '"dilation": [3, 2]' in to_text(net.project)
    model, x = net.model(seed=0), torch.randn(2, 2, 9, 9)
    by_hand = nn.Conv2d(2, 32, (1, 3), dilation=(1, 2))
    by_hand.load_state_dict(model.it.state_dict())
    torch.testing.assert_close(model(x), by_hand(x), rtol=0, atol=0)


@pytest.mark.parametrize("kind", [f"{each}{n}d" for each in ("Conv", "MaxPool", "AvgPool") for n in (1, 2, 3)])
def test_the_formula_of_a_window_holds_for_every_setting(kind: str) -> None:
    """Fails if the places that a formula reads are not those that torch reads with a stride, a dilation and padding."""
    count = int(kind[-2])
    places, steps = {1: ("t", "m"), 2: ("ij", "mn"), 3: ("hij", "lmn")}[count]
    settings = {"stride": 2, "padding": 1} | ({} if kind.startswith("Avg") else {"dilation": 3})
    found = re.search(r"x\[(.*?)\]", layers()[kind].formula)
    assert found is not None
    reads = [each.strip() for each in found[1].split(",") if each.strip() != "c"]
    code = [compile(each.replace("·", "*").replace("−", "-"), kind, "eval") for each in reads]
    torch.manual_seed(0)
    layer = getattr(nn, kind)(*(1, 1) * kind.startswith("Conv"), 2, **settings).double()
    x = torch.randn(1, 1, *(6, 7, 8)[:count], dtype=torch.double)
    out = layer(x)[0, 0]
    names = {name[0]: value for name, value in settings.items()}  # s, p and d
    for at in itertools.product(*map(range, out.shape)):
        terms = []
        for way in itertools.product(range(2), repeat=count):
            values = {**names, **dict(zip(places, at)), **dict(zip(steps, way))}
            read = tuple(eval(each, {}, values) for each in code)
            inside = all(0 <= place < size for place, size in zip(read, x.shape[2:]))
            outside = -torch.inf if kind.startswith("Max") else 0.0
            value = x[0, 0][read] if inside else torch.tensor(outside, dtype=torch.double)
            terms.append(layer.weight[0, 0][way] * value if kind.startswith("Conv") else value)
        every = torch.stack(terms)
        wanted = {"C": every.sum, "M": every.max, "A": every.mean}[kind[0]]()
        torch.testing.assert_close(out[at], wanted + (layer.bias[0] if kind.startswith("Conv") else 0))
