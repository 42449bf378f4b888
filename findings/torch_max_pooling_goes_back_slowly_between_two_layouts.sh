#!/usr/bin/env bash
# torch 2.13.0 on a CPU: the way back through a max pooling takes several times as long where its images lie in memory
# in one order and the gradient that arrives in the other (one of them with the channels last). That is what a Flatten
# behind convolutions in channels_last hands back. Laying the gradient out anew first and then going back is quicker
# than going back alone; the numbers are equal to the bit. One thread, images (32, 6, 24, 24), pooled by 2.
#
# Output seen (times differ; the ratio is what counts):
#   images usual: gradient usual 29 us, channels last 179 us (6.2 times)
#   images channels last: gradient channels last 34 us, usual 169 us (5.0 times), laid out anew and gone back 57 us
#
# Needs network access for pip. Ends with status 1 if the other order is no longer twice as slow, or numbers differ.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0
"$folder/env/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6
cd "$folder"
env/bin/python - <<'PYTHON'
import sys
import time

import torch

torch.set_num_threads(1)
USUAL, LAST = torch.contiguous_format, torch.channels_last


def quickest(work, calls=100, tries=15):
    best = float("inf")
    for _ in range(tries):
        start = time.process_time()
        for _ in range(calls):
            work()
        best = min(best, (time.process_time() - start) / calls)
    return best * 1e6


def back(gradient, images, places):
    by = [2, 2], [2, 2], [0, 0], [1, 1], False
    return torch.ops.aten.max_pool2d_with_indices_backward(gradient, images, *by, places)


def seen(layout, other):
    images = torch.randn(32, 6, 24, 24).to(memory_format=layout)
    pooled, places = torch.ops.aten.max_pool2d_with_indices(images, [2, 2], [2, 2])
    alike = torch.randn(pooled.shape).to(memory_format=layout)
    unlike = alike.to(memory_format=other)
    equal = torch.equal(back(alike, images, places), back(unlike, images, places))
    return (
        equal,
        quickest(lambda: back(alike, images, places)),
        quickest(lambda: back(unlike, images, places)),
        quickest(lambda: back(unlike.to(memory_format=layout), images, places)),
    )


equal, alike, unlike, _ = seen(USUAL, LAST)
print(f"images usual: gradient usual {alike:.0f} us, channels last {unlike:.0f} us ({unlike / alike:.1f} times)")
same, near, far, anew = seen(LAST, USUAL)
print(
    f"images channels last: gradient channels last {near:.0f} us, usual {far:.0f} us ({far / near:.1f} times),"
    f" laid out anew and gone back {anew:.0f} us"
)
sys.exit(not (equal and same and unlike > 2 * alike and far > 2 * near and anew < far))
PYTHON
