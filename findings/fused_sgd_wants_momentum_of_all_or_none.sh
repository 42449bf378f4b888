#!/usr/bin/env bash
# torch 2.13.0: SGD(momentum=0.9, fused=True) fails with a TypeError at the first step in which a weight has a gradient
# that had none before, such as a layer that was frozen at first: it has no momentum yet, the others have, and the fused
# kernel takes momentum of all weights or of none. The same optimizer without fused=True begins the momentum of that
# weight with its first gradient.
#
# Output seen:
#   plain: 0.71 0.90
#   fused: TypeError
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
    early, late = torch.nn.Parameter(torch.ones(1)), torch.nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([early, late], lr=0.1, momentum=0.9, fused=fused)
    early.grad = torch.ones(1)
    optimizer.step()  # late is frozen
    early.grad, late.grad = torch.ones(1), torch.ones(1)
    name = "fused" if fused else "plain"
    try:
        optimizer.step()
        seen[name] = f"{early.item():.2f} {late.item():.2f}"
    except TypeError:
        seen[name] = "TypeError"
    print(f"{name}: {seen[name]}")
sys.exit(seen != {"plain": "0.71 0.90", "fused": "TypeError"})
PYTHON
