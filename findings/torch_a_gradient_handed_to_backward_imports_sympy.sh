#!/usr/bin/env bash
# torch 2.13.0: a backward pass that begins at a single number needs no algebra system, but one that is handed its first
# gradient does: `y.backward(gradient)` and `torch.autograd.grad(y, x, grad_outputs=...)` compare the two shapes through
# torch.fx.experimental.symbolic_shapes, which imports sympy at the first call of the process, though both shapes are
# plain numbers. Multiplying by the gradient and adding up gives a single number with the same gradients, and imports
# nothing.
#
# Output seen:
#   from one number: sympy False
#   by a product with the gradient, added up: sympy False, the same gradient
#   with the gradient handed over: sympy True
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

x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
gradient = torch.tensor([0.5, -1.0, 4.0])
torch.autograd.grad(x.exp().sum(), x)
first = "sympy" in sys.modules
print(f"from one number: sympy {first}")
(summed,) = torch.autograd.grad((x.exp() * gradient).sum(), x)
second = "sympy" in sys.modules
print(f"by a product with the gradient, added up: sympy {second}", end=", ")
(handed,) = torch.autograd.grad(x.exp(), x, grad_outputs=gradient)
same, third = torch.equal(summed, handed), "sympy" in sys.modules
print("the same gradient" if same else "another gradient")
print(f"with the gradient handed over: sympy {third}")
sys.exit((first, second, third, same) != (False, False, True, True))
PYTHON
