#!/usr/bin/env bash
# torch 2.13.0: a GradScaler skips a step whose scaled gradients overflow. SGD(momentum=0.9) without fused=True is then
# not called at all and begins its momentum with the gradient of the next step. With fused=True it is called with
# found_inf, changes no weight, but leaves a momentum behind that was never filled; the next step takes it for one of a
# step that was, so weights move by whatever stood in that memory. The script puts a known number there instead.
#
# Output seen:
#   plain: momentum after the skipped step none, weight after the next 0.9
#   fused: momentum after the skipped step there, weight after the next -89.1
#
# Needs network access for pip. Ends with status 1 if the behaviour has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0
"$folder/env/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6
cd "$folder"
env/bin/python - <<'PYTHON'
import sys

import torch

seen = {}
for fused in (False, True):
    weight = torch.nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([weight], lr=0.1, momentum=0.9, fused=fused)
    scaler = torch.amp.GradScaler("cpu", init_scale=1.0)
    weight.grad = torch.full((1,), torch.inf)
    scaler.scale(torch.ones(1))
    scaler.step(optimizer)
    scaler.update()
    assert weight.item() == 1.0
    momentum = optimizer.state[weight].get("momentum_buffer")
    if momentum is not None:
        momentum.fill_(1000.0)
    weight.grad = torch.ones(1)
    scaler.scale(torch.ones(1))
    weight.grad = torch.ones(1) * scaler.get_scale()
    scaler.step(optimizer)
    name = "fused" if fused else "plain"
    there = "none" if momentum is None else "there"
    seen[name] = (there, round(weight.item(), 1))
    print(f"{name}: momentum after the skipped step {there}, weight after the next {seen[name][1]}")
sys.exit(seen != {"plain": ("none", 0.9), "fused": ("there", -89.1)})
PYTHON
