#!/usr/bin/env bash
# torch 2.13.0 decides by the ending of the path, not by the content, how torch.load reads a file. A state dict that
# torch.save wrote under a name that ends in .safetensors cannot be loaded by that path again: safetensors 0.8.0 is
# asked, and says that the header is too large. The same bytes are read when the file is handed over as a stream, or
# under another name. torch.save looks at no ending, so the two functions are no longer inverse for every path.
#
# Output seen:
#   by the path x.pt:              bias, weight
#   by the path x.safetensors:     SafetensorError
#   the same file as a stream:     bias, weight
#
# Needs network access for pip. Ends with status 1 if the behaviour has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0
"$folder/env/bin/pip" install --quiet --disable-pip-version-check safetensors==0.8.0 numpy==2.4.6
cd "$folder"
env/bin/python - <<'PYTHON'
import sys

import torch
from safetensors import SafetensorError

weights = torch.nn.Linear(2, 2).state_dict()
for name in ("x.pt", "x.safetensors"):
    torch.save(weights, name)

plain = sorted(torch.load("x.pt", weights_only=True))
try:
    named = ", ".join(sorted(torch.load("x.safetensors", weights_only=True)))
except SafetensorError:
    named = "SafetensorError"
with open("x.safetensors", "rb") as stream:
    streamed = sorted(torch.load(stream, weights_only=True))

print(f"by the path x.pt:              {', '.join(plain)}")
print(f"by the path x.safetensors:     {named}")
print(f"the same file as a stream:     {', '.join(streamed)}")
sys.exit(not (plain == streamed == ["bias", "weight"] and named == "SafetensorError"))
PYTHON
