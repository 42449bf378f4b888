#!/usr/bin/env bash
# polars 2.1.0: with `decimal_comma=True` a column that is told to be of floats takes a full stop for a decimal point as
# well, so that 1.234 (which is 1234 where fractions have a comma) becomes 1.234, without a word. The same column, not
# told, is found to be text, and 1.234,5 is an error where floats are told.
#
# Output seen:
#   told floats: [1.5, 1.234, 2.25]
#   not told: String
#   1.234,5: ComputeError
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


def read(*cells, **settings):
    text = "price;name\n" + "".join(f"{cell};x\n" for cell in cells)
    return pl.read_csv(io.BytesIO(text.encode()), separator=";", decimal_comma=True, **settings)["price"]


FLOATS = {"schema_overrides": {"price": pl.Float64}}
told = read("1,5", "1.234", "2,25", **FLOATS).to_list()
print("told floats:", told)
untold = str(read("1,5", "1.234", "2,25").dtype)
print("not told:", untold)
try:
    both = str(read("1,5", "1.234,5", **FLOATS).to_list())
except pl.exceptions.PolarsError as error:
    both = type(error).__name__
print("1.234,5:", both)
sys.exit((told, untold, both) != ([1.5, 1.234, 2.25], "String", "ComputeError"))
PYTHON
