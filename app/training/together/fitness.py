"""Which trainings can be computed as one, and why others cannot."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn.utils import parametrize

from app.core.compile.net import CompiledNet
from app.core.compile.objectives import BadObjective, objectives, rate_factors
from app.core.graph.model import block_of
from app.core.graph.recipe import Recipe
from app.training.recipe import computes_with_16_bits, device_for
from nodes.api.registry import ours

if TYPE_CHECKING:
    from app.training.loop import Standing

# Each weight is changed by its own gradient alone, so it makes no difference how weights are laid side by side.
ELEMENTWISE = ("SGD", "Adam", "AdamW", "Adagrad", "NAdam", "RMSprop", "Adadelta")
# Multiply-adds of a batch, forward. A net with more keeps a core busy by itself: what is saved is the time between the
# operations, about 0.2 ms a step, and matrices of many nets at once are multiplied more slowly than one large one.
MOST_WORK = 20_000_000
_CONVOLUTION = nn.modules.conv._ConvNd
_OWN_RANDOM = (nn.AlphaDropout, nn.FeatureAlphaDropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.RReLU)
_FRACTIONAL = (nn.FractionalMaxPool2d, nn.FractionalMaxPool3d)
_BATCH_NORM = nn.modules.batchnorm._NormBase
_TRANSFORMER = (nn.MultiheadAttention, nn.TransformerEncoderLayer, nn.TransformerDecoderLayer)


def why_alone(net: CompiledNet, recipe: Recipe) -> str:
    """Why a training cannot share its steps with others, in words that follow ``because``; empty if it can."""
    try:
        served = objectives(net.plan)
    except BadObjective:
        return "its losses do not go together"
    if len(served) != 1 or served[0].updates is not None:
        return "its losses train layers of their own"
    chosen, _ = served[0].optimizer(recipe)
    if chosen.id not in ELEMENTWISE:
        return f"{chosen.name} looks at whole matrices of weights"
    if rate_factors(net.plan, served[0]):
        return "some of its layers learn at rates of their own"
    if recipe.adversarial:
        return "its samples are made harder on the way"
    if recipe.accumulate > 1:
        return "gradients are added up over several batches"
    if net.project is not None:
        graphs = (net.project.graph, *(block.graph for block in net.project.blocks.values()))
        strange = [n.type for graph in graphs for n in graph.nodes.values() if _of_user(n.type)]
        if strange:
            return f"nothing is known of the layer {strange[0]}"
    model = net.model(recipe.seed)
    if (device := device_for(recipe)).type != "cpu":
        if any(isinstance(each, nn.Dropout) for each in model.modules()):
            return "a GPU draws dropout in its own way"
    if computes_with_16_bits(recipe, device):
        return "it computes with mixed precision"
    if reason := _of_modules(model, device):
        return reason
    work = net.report.main.multiply_adds * recipe.batch_size if net.report is not None else 0
    if device.type == "cpu" and work > MOST_WORK:
        return "a net of this size keeps a core busy by itself"
    return ""


def _of_user(kind: str) -> bool:
    return block_of(kind) is None and kind not in ours()


def _of_modules(model: nn.Module, device: torch.device) -> str:
    for module in model.modules():
        kind = type(module).__name__
        if isinstance(module, nn.RNNBase | nn.RNNCellBase):
            return f"recurrent layers ({kind}) are slow side by side"
        if isinstance(module, _TRANSFORMER):
            return f"{kind} is slow side by side"
        if isinstance(module, _CONVOLUTION) and device.type == "cpu":
            return "convolutions are slow side by side"
        if isinstance(module, (*_OWN_RANDOM, *_FRACTIONAL)):
            return f"{kind} would draw other random numbers"
        if isinstance(module, _BATCH_NORM) and module.momentum is None:
            return f"{kind} without momentum counts its batches"
        if parametrize.is_parametrized(module):
            return "its weights are computed from others"
    kinds = {value.dtype for value in model.parameters()}
    return "its weights are of several kinds" if len(kinds) > 1 else ""


def likeness(net: CompiledNet) -> tuple[Any, ...]:
    """What trainings have in common that may turn out to take the same steps, before their data is read."""
    text = net.source.text.partition("\ndef make_optimizers(")[0]
    text = re.sub(r"nn\.Dropout\([^()]*\)", "nn.Dropout()", text)  # masks are drawn for each training by itself
    recipe = net.plan.recipe
    shares = recipe.validation, recipe.test, recipe.folds  # of others there are other numbers of samples
    return text, recipe.metrics, recipe.batch_size, shares


def key_of(run: Standing) -> tuple[Any, ...]:
    """Trainings with equal keys take the same steps, apart from numbers."""
    plan = run.net.plan
    data = (plan.sources, plan.augmentations, len(run.learn), len(run.validation))
    weights = tuple((name, value.requires_grad) for name, value in run.model.named_parameters())
    return *likeness(run.net), run.position.batch, run.device, weights, data
