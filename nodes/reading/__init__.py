"""What several sources share to read files of the user. Libraries are imported inside the functions that use them."""

import os
import sys

if sys.platform == "linux":
    # Polars asks when it is loaded. Its memory comes in large pages then, where the system has them on demand: with
    # small ones, a million rows take three times as many faults, which are a tenth of the time to read them.
    os.environ.setdefault("_RJEM_MALLOC_CONF", "thp:always")
# Bytes of a text that polars reads at once, of which it holds several. Its own 32 MB are fresh memory each time, all of
# which the system has to empty first; pieces of 8 MB need a third to a half of these large pages, and of a file of
# 156 MB, 60 MB less are held at the peak. Still smaller ones gain no more.
os.environ.setdefault("POLARS_CSV_CHUNK_SIZE", str(8 * 2**20))
