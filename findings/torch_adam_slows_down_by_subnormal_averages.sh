#!/usr/bin/env bash
# torch 2.13.0 on x86: Adam's running average of a gradient is multiplied by 0.9 in each step. For a weight whose input
# is zero in nearly all samples, such as a pixel at the edge of a digit, it falls below 1.2e-38, the smallest normal
# number, and never becomes zero: the last of them, times 0.9, are rounded to themselves again. A processor computes
# with those several times slower, so the fused step takes longer as a training goes on, though nothing else changes.
# torch.set_flush_denormal(True) is off by default.
#
# Output seen (the times differ from machine to machine; the script wants a ratio of at least 1.3):
#   averages below the smallest normal number: 0 after 100 steps, 314 of 4096 after 2000
#   a step with them / with zeros in their place: 2.1
#
# Needs network access for pip. Ends with status 1 if the behaviour has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0
"$folder/env/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 scikit-learn==1.9.1
cd "$folder"
env/bin/python - <<'PYTHON'
import statistics
import sys
import time

import torch
from sklearn.datasets import load_digits

torch.set_num_threads(1)
torch.manual_seed(0)
images, labels = (torch.tensor(each) for each in load_digits(return_X_y=True))
images = images.float() / 16
net = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=0.002, fused=True)
tiny = torch.finfo(torch.float32).tiny
average = None
found = {}
for step in range(1, 2001):
    some = torch.randint(len(images), (32,))
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(net(images[some]), labels[some]).backward()
    optimizer.step()
    average = optimizer.state[net[0].weight]["exp_avg"]
    if step in (100, 2000):
        found[step] = int(((average != 0) & (average.abs() < tiny)).sum())
print(
    f"averages below the smallest normal number: {found[100]} after 100 steps, "
    f"{found[2000]} of {average.numel()} after 2000"
)


def seconds(first: torch.Tensor) -> float:
    """The median of many steps that all begin with these averages and no gradient."""
    taken = []
    gradient, second, weight = torch.zeros_like(first), torch.ones_like(first), torch.ones_like(first)
    for _ in range(300):
        begun, count = first.clone(), torch.ones(())
        start = time.perf_counter()
        torch._fused_adam_(
            [weight], [gradient], [begun], [second], [], [count],
            lr=0.002, beta1=0.9, beta2=0.999, weight_decay=0.0, eps=1e-8, amsgrad=False, maximize=False,
        )
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


normal = torch.where(average.abs() < tiny, 0.0, average)
ratio = statistics.median(seconds(average) / seconds(normal) for _ in range(9))
print(f"a step with them / with zeros in their place: {ratio:.1f}")
sys.exit(0 if found[100] == 0 and found[2000] > 100 and ratio > 1.3 else 1)
PYTHON
