#!/usr/bin/env bash
# polars 2.1.0: where a column of a CSV file is read as an Enum, an empty cell is null, but an empty cell between quotes
# ends the reading with an error. As text, or as a Categorical, the same cell is the empty string. With
# `null_values=[""]` it is null for all three. Programs that quote every text write such cells for missing labels.
#
# Output seen:
#   String: empty None, quoted ''; told that '' is missing: None
#   Categorical: empty None, quoted ''; told that '' is missing: None
#   Enum: empty None, quoted ComputeError; told that '' is missing: None
#
# Needs network access for pip. Ends with status 1 if the behaviour has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check polars==2.1.0
cd "$folder"
env/bin/python - <<'PYTHON'
import io
import sys

import polars as pl

EMPTY, QUOTED = b"colour,size\nred,1\n,2\n", b'colour,size\nred,1\n"",2\n'


def second(text, kind, **settings):
    try:
        return pl.read_csv(io.BytesIO(text), schema={"colour": kind, "size": pl.Int64}, **settings)["colour"][1]
    except pl.exceptions.PolarsError as error:
        return type(error).__name__


found = {}
for name, kind in (("String", pl.String), ("Categorical", pl.Categorical), ("Enum", pl.Enum(["red", "green"]))):
    empty, quoted, told = second(EMPTY, kind), second(QUOTED, kind), second(QUOTED, kind, null_values=[""])
    found[name] = empty, quoted, told
    shown = quoted if quoted == "ComputeError" else repr(quoted)
    print(f"{name}: empty {empty}, quoted {shown}; told that '' is missing: {told}")
expected = {"String": (None, "", None), "Categorical": (None, "", None), "Enum": (None, "ComputeError", None)}
sys.exit(found != expected)
PYTHON
