"""Optimizers without the compiler of torch: the same numbers, and none of its modules."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import torch

from app.core.compile.uncompiled import led_back

ROOT = Path(__file__).parents[2]

TRAINING = """
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.training import traced, trainer
from app.training.loop import train

made = []


class Noted(traced.TracedStep):
    def __init__(self, *given):
        super().__init__(*given)
        made.append(self)


traced.WORTH, traced.SLOW, trainer.TracedStep = 0, float("inf"), Noted
net, run = compile_net(load("moons")), Path(tempfile.mkdtemp(), "run")
recipe = replace(net.project.recipe, epochs=1, device="cpu")
for events in (train(net, recipe, out=run), train(net, replace(recipe, epochs=2), resume=run)):
    print(type(list(events)[-1]).__name__)
print(sum(each.quick for each in made) > 0, "torch._dynamo" in sys.modules)
"""

TOGETHER = """
import sys

import torch

from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.core.variants.drawings import with_values
from app.training.control import Control
from app.training.together import step
from app.training.together.group import Group
from app.training.together.standing import standing

runs, noted = [], []
traced = step.traced


def seen(*given):
    found = traced(*given)
    noted.append(found is not None)
    return found


step.traced, step.WORTH_TRACING = seen, 0
for seed in range(2):
    project = with_values(load("mlp_digits"), {"seed": seed, "epochs": 1, "device": "cpu"})
    runs.append((standing(compile_net(project), project.recipe, None, Control()), torch.get_rng_state()))
events = list(Group([run for run, _ in runs], [state for _, state in runs], Control()).events())
print(type(events[-1][1]).__name__, all(noted) and len(noted) > 0)
from app.insight.dream.ascent import dream

drawn = compile_net(load("lenet_digits"))
assert len(list(dream(drawn, drawn.model(0), "fc3", 3, steps=2))) == 3
print("torch._dynamo" in sys.modules, "sympy" in sys.modules)
try:
    torch._check(False, lambda: "as torch says it")
except RuntimeError as error:
    print(str(error).replace(" ", "_"))
"""

OPTIMIZERS = """
import sys

import torch
from torch.optim import Optimizer

NAMES = "Adam AdamW Adagrad Adadelta Adamax ASGD Adafactor Muon NAdam RAdam RMSprop Rprop SGD".split()
CLASSES = [Optimizer, *(getattr(torch.optim, name) for name in NAMES)]


def trained(name):
    make = getattr(torch.optim, name)
    how = {"lr": 0.01} | ({"momentum": 0.9} if name == "SGD" else {})
    generator = torch.Generator().manual_seed(0)
    one, other = (torch.nn.Parameter(torch.randn(6, 5, generator=generator)) for _ in range(2))
    optimizer = make([one], **how)
    optimizer.add_param_group({"params": [other]})
    for step in range(4):
        optimizer.zero_grad()
        (one * other).square().sum().backward()
        optimizer.step()
        if step == 1:
            kept = optimizer.state_dict()
            optimizer = make([{"params": [one]}, {"params": [other]}], **how)
            optimizer.load_state_dict(kept)
    state = [value for value in optimizer.state[one].values() if isinstance(value, torch.Tensor)]
    assert not any(value.requires_grad for value in state), name
    return [one.detach(), other.detach(), *state]


before = {each: dict(vars(each)) for each in CLASSES}
from app.core.compile.uncompiled import spare_the_compiler

spare_the_compiler()
found = {name: trained(name) for name in NAMES}
print("torch._dynamo" in sys.modules)
for each, members in before.items():
    for name, member in members.items():
        if vars(each)[name] is not member:
            setattr(each, name, member)
wanted = {name: trained(name) for name in NAMES}
print("torch._dynamo" in sys.modules)
for name in NAMES:
    assert len(found[name]) == len(wanted[name]) and all(map(torch.equal, found[name], wanted[name])), name
"""


def said_by(code: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_training_does_not_import_the_compiler() -> None:
    """Fails if a training whose steps are traced, or going on with one, waits for hundreds of modules that nothing
    uses."""
    assert said_by(TRAINING) == ["Finished", "Finished", "True", "False"]


def test_nets_trained_together_do_not_import_the_compiler() -> None:
    """Fails if a sweep or a dream waits for the compiler or for sympy, if the step of a sweep is not traced without
    them, or if a check of torch's that does not hold says nothing any more."""
    assert said_by(TOGETHER) == ["Finished", "True", "False", "False", "as_torch_says_it"]


def test_gradients_are_led_back_to_the_bit() -> None:
    """Fails if they are others than torch's: where one comes as nan or inf, where values are, through several values at
    once, and to what has no part in them."""
    generator = torch.Generator().manual_seed(0)
    one, two, idle = (torch.randn(4, 3, generator=generator).requires_grad_() for _ in range(3))

    def values() -> tuple[torch.Tensor, torch.Tensor]:
        return torch.log(one) * two, (one.sigmoid() @ two.T).exp()

    coming = torch.randn(4, 3, generator=generator), torch.randn(4, 4, generator=generator).requires_grad_()
    coming[0][0, 0], coming[0][1, 1] = float("nan"), float("inf")
    assert not torch.isfinite(values()[0]).all()
    wanted = torch.autograd.grad(values(), (one, two, idle), coming, allow_unused=True)
    found = led_back(values(), (one, two, idle), coming)
    assert (found[2], wanted[2]) == (None, None)
    for mine, theirs in zip(found[:2], wanted[:2], strict=True):
        torch.testing.assert_close(mine, theirs, rtol=0, atol=0, equal_nan=True)


def test_optimizers_compute_the_same() -> None:
    """Fails if an optimizer as we leave it takes another step than torch's, keeps something else, or lets its own step
    be recorded for gradients."""
    assert said_by(OPTIMIZERS) == ["False", "True"]
