#!/usr/bin/env bash
# torch 2.13.0: making the first optimizer of a process, SGD over a single number, imports torch._dynamo (the front of
# torch.compile) and with it sympy, though nothing is compiled: the methods of Optimizer are wrapped so that a compiler
# would leave them alone, and the wrapper imports it at the first call. A process that only trains a small net waits for
# more than 800 modules, which no `import torch` had shown. Computing gradients without an optimizer does not import them.
#
# Output seen:
#   after import torch and a backward pass: torch._dynamo False, sympy False
#   after SGD([weight]): torch._dynamo True, sympy True, more than 500 modules more: True
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


def imported():
    return "torch._dynamo" in sys.modules, "sympy" in sys.modules


weight = torch.nn.Parameter(torch.ones(1))
weight.square().sum().backward()
before, count = imported(), len(sys.modules)
print(f"after import torch and a backward pass: torch._dynamo {before[0]}, sympy {before[1]}")
torch.optim.SGD([weight], lr=0.1)
after, more = imported(), len(sys.modules) - count > 500
print(f"after SGD([weight]): torch._dynamo {after[0]}, sympy {after[1]}, more than 500 modules more: {more}")
sys.exit((before, after, more) != ((False, False), (True, True), True))
PYTHON
