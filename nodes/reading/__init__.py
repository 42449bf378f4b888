"""What several sources share to read files of the user. Libraries are imported inside the functions that use them."""

import os
import sys

if sys.platform == "linux":
    # Polars asks when it is loaded. Its memory comes in large pages then, where the system has them on demand: with
    # small ones, a million rows take three times as many faults, which are a tenth of the time to read them.
    os.environ.setdefault("_RJEM_MALLOC_CONF", "thp:always")
