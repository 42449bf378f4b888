"""The doctor on nets that are broken by a real cause, and on healthy ones: each of the first must be named at the node
to blame, and nothing may be said of the others."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import torch

from tests.benchmarks.pairs import verdict
from tests.support.patients import BROKEN, HEALTHY, as_named, told


def main(only: str = "") -> bool:
    """Print a line for each net, and the two sums."""
    torch.set_num_threads(1)
    right = {True: 0, False: 0}
    with tempfile.TemporaryDirectory() as folder:
        for patient in (*BROKEN, *HEALTHY):
            if only not in patient.name:
                continue
            start = time.perf_counter()
            found = told(patient.make(Path(folder)))
            good = as_named(patient, found)
            right[bool(patient.codes)] += good
            said = ", ".join(f"{code} at {node}" if node else code for code, node in found) or "nothing"
            wanted = f"{' or '.join(patient.codes)} at {patient.node}" if patient.codes else "nothing"
            mark = "right " if good else "WRONG "
            seconds = time.perf_counter() - start
            print(f"{mark} {patient.name:38} {said:50} (wanted: {wanted}; {seconds:.1f} s)", flush=True)
    named, silent = right[True], right[False]
    verdict("broken nets named at their node", f"{named} of {len(BROKEN)}", "all", named == len(BROKEN))
    verdict("healthy nets without a finding", f"{silent} of {len(HEALTHY)}", "all", silent == len(HEALTHY))
    return named == len(BROKEN) and silent == len(HEALTHY)


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1] if len(sys.argv) > 1 else "") else 1)
