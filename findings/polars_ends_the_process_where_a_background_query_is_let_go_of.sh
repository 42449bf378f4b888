#!/usr/bin/env bash
# polars 2.1.0: where the InProcessQuery that `collect(background=True)` returned is let go of before its query is done,
# the whole process is aborted: its thread cannot hand over the result, panics, and rayon ends the process. Cancelling
# and then waiting (`fetch_blocking` raises ComputeError: query interrupted) before it is let go of is safe.
#
# Output seen:
#   let go of: signal 6, Rayon: detected unexpected panic; aborting
#   cancelled and waited for: status 0, ComputeError: query interrupted
#
# Needs network access for pip. Ends with status 1 if the behaviour has changed.
set -euo pipefail
ulimit -c 0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check polars==2.1.0
cd "$folder"
env/bin/python - <<'PYTHON'
import subprocess
import sys
from pathlib import Path

Path("rows.csv").write_text("1,2,3\n" * 20_000_000)
BEGIN = """
import time
import polars as pl
scan = pl.scan_csv("rows.csv", has_header=False, infer_schema=False)
query = scan.select(pl.len()).collect(background=True)
"""
WAITED = """
query.cancel()
try:
    query.fetch_blocking()
except pl.exceptions.PolarsError as error:
    print(f"{type(error).__name__}: {error}")
"""
END = "del query\ntime.sleep(2)\n"


def ended(program):
    return subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)


let_go, waited = ended(BEGIN + END), ended(BEGIN + WAITED + END)
last = (let_go.stderr.strip().splitlines() or [""])[-1]
print(f"let go of: signal {-let_go.returncode}, {last}")
print(f"cancelled and waited for: status {waited.returncode}, {waited.stdout.strip()}")
sys.exit(let_go.returncode != -6 or waited.returncode != 0)
PYTHON
