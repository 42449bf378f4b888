"""The handwritten digits, read without importing scikit-learn."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from sklearn.datasets import load_digits

from nodes.sources.digits import _measured


def test_the_file_says_what_scikit_learn_says() -> None:
    """Fails if rows, columns or labels are read otherwise than by the package itself."""
    pixels, labels = _measured()
    theirs, their_labels = load_digits(return_X_y=True)
    assert np.array_equal(pixels, theirs)
    assert np.array_equal(labels, their_labels)


def test_the_digits_bring_no_scipy_along() -> None:
    """Fails if the idle window carries a hundred megabytes that nobody asked for."""
    code = (
        "import sys; from app.data import catalog; from app.core.storage.templates import load; "
        "from app.core.compile.plan import make_plan; "
        "[catalog.load(source) for source in make_plan(load('lenet_digits')).sources]; "
        "print(sorted({'sklearn', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stderr
