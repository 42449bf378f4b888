"""A generator of digits and its judge, drawn; and the same pair as a person writes its step by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from app.core.graph.model import Block, Graph, Project
from tests.support.drawings import chain, node

JUDGE_LR, GENERATOR_LR = 0.0005, 0.002


def gan(width: int = 64) -> Project:
    """Noise becomes digits of 8×8 in ``generator``; ``judge`` looks at real ones and, as ``again``, at made ones. Both
    are blocks, with a learning rate and an optimizer setting each."""
    generator = Graph.of(
        [
            node("noise", "In"),
            node("fc1", "Linear", out_features=width),
            node("relu", "ReLU"),
            node("fc2", "Linear", out_features=64),
            node("sigmoid", "Sigmoid"),
            node("image", "Out"),
        ],
        chain("noise", "fc1", "relu", "fc2", "sigmoid", "image.x"),
    )
    judge = Graph.of(
        [
            node("image", "In"),
            node("fc1", "Linear", out_features=width),
            node("relu", "LeakyReLU", negative_slope=0.2),
            node("fc2", "Linear", out_features=1),
            node("score", "Out"),
        ],
        chain("image", "fc1", "relu", "fc2", "score.x"),
    )
    of_judge = {"updates": ("judge",), "optimizer": "Adam", "optimizer_settings": ("beta1=0.5",)}
    graph = Graph.of(
        [
            node("digits", "Digits"),
            node("real", "Flatten"),
            node("zero", "Constant", value=0.0),
            node("nothing", "Multiply"),
            node("noise", "GaussianNoise", std=1.0),
            node("generator", "block:generator"),
            node("judge", "block:judge"),
            replace(node("again", "block:judge"), shares="judge"),
            node("yes", "Constant", value=1.0),
            node("no", "Constant", value=0.0),
            node("judge_real", "BCEWithLogitsLoss", lr=JUDGE_LR, **of_judge),
            node("judge_made", "BCEWithLogitsLoss", **of_judge),
            node("fool", "BCEWithLogitsLoss", updates=("generator",), optimizer="RMSprop"),
        ],
        [
            *chain("digits.image", "real", "nothing.xs"),
            *chain("zero", "nothing.xs"),
            *chain("nothing", "noise", "generator.noise"),
            *chain("generator.image", "again.image"),
            *chain("real", "judge.image"),
            *chain("judge.score", "judge_real.prediction"),
            *chain("yes", "judge_real.target"),
            *chain("again.score", "judge_made.prediction"),
            *chain("no", "judge_made.target"),
            *chain("again.score", "fool.prediction"),
            *chain("yes", "fool.target"),
        ],
    )
    recipe = Project("x").recipe
    project = Project("Digits from noise", graph=graph, blocks={"generator": Block(generator), "judge": Block(judge)})
    return replace(project, recipe=replace(recipe, lr=GENERATOR_LR, device="cpu", validation=0.0))


def in_turns(judging: int, making: int) -> Project:
    """The pair with so many steps of the judge, then of the generator, in a turn."""
    project, steps = gan(), {"judge_made": judging, "fool": making}
    nodes = [
        each.with_param("steps", steps.get(each.name, 1)) if each.name in steps else each
        for each in project.graph.nodes.values()
    ]
    return replace(project, graph=Graph.of(nodes, project.graph.wires))


def step_by_hand(model: nn.Module) -> Callable[[Mapping[str, Tensor]], tuple[Tensor, Tensor]]:
    """One step of the pair as people write it: the made digits once, detached for the judge."""
    generator, judge = model.generator, model.judge
    judging = torch.optim.Adam(judge.parameters(), lr=JUDGE_LR, betas=(0.5, 0.999), fused=True)  # type: ignore[operator]
    making = torch.optim.RMSprop(generator.parameters(), lr=GENERATOR_LR, foreach=True)  # type: ignore[operator]
    bce = functional.binary_cross_entropy_with_logits

    def step(batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        real = torch.flatten(batch["digits.image"], 1)
        yes, no = torch.ones(len(real)), torch.zeros(len(real))
        made = generator(torch.randn(len(real), 64))  # type: ignore[operator]
        judging.zero_grad()
        loss = bce(judge(real).squeeze(-1), yes) + bce(judge(made.detach()).squeeze(-1), no)  # type: ignore[operator]
        loss.backward()
        judging.step()
        making.zero_grad()
        fooled = bce(judge(made).squeeze(-1), yes)  # type: ignore[operator]
        fooled.backward()
        making.step()
        return loss.detach(), fooled.detach()

    return step
