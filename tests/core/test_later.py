"""Parts of torch that come later: the same numbers without them, and the same parts once somebody wants them."""

from __future__ import annotations

import ast
import subprocess
import sys
import textwrap
from pathlib import Path

from app.core.compile import later

ROOT = Path(__file__).parents[2]

WINDOW = """
import sys
from app.core.compile import later
from app.ui.loading import load_torch

list(load_torch())
there = [part for part in later.PARTS if "_waits" not in vars(sys.modules[part])]
print("torch._refs" in sys.modules, "asyncio" in sys.modules, there)
"""

TRAINING = """
import hashlib, sys, tempfile
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from app.core.compile import later

with later.left_out() if sys.argv[1] == "later" else nullcontext():
    import torch
from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.training.checkpoints import load_run
from app.training.loop import train

for name in ("lenet_digits", "moons"):
    net, run = compile_net(load(name)), Path(tempfile.mkdtemp(), "run")
    list(train(net, replace(net.project.recipe, epochs=1, device="cpu"), out=run))
    weights = load_run(run).model.state_dict()
    print(hashlib.sha256(b"".join(value.numpy().tobytes() for value in weights.values())).hexdigest())
print("torch._refs" in sys.modules)
"""

WAYS = {
    "torch._meta_registrations": """
    assert torch.broadcast_shapes((1, 3), (4, 1)) == (4, 3)  # torch takes it for granted that torch._refs is there
    with later.meta_device():
        assert torch.nn.Conv2d(1, 2, 3)(torch.zeros(1, 1, 5, 5)).shape == (1, 2, 3, 3)
    """,
    "torch.ao": """
    from torch.ao.nn.quantized import Linear
    import torch.nn.quantized
    assert torch.nn.quantized.Linear is Linear
    """,
    "torch.distributions": """
    from torch.distributions.normal import Normal  # below the part, before the part itself
    import torch.distributions.normal as below
    assert Normal is torch.distributions.Normal is below.Normal
    assert below.__spec__.loader.path == below.__file__
    """,
    "torch.profiler": """
    from threading import Thread
    found = []
    threads = [Thread(target=lambda: found.append(torch.profiler.ProfilerActivity.CPU)) for _ in range(6)]
    [each.start() for each in threads], [each.join() for each in threads]
    assert len(found) == 6
    """,
    "torch.utils.data": """
    from torch.utils.data import *
    assert len(list(DataLoader(TensorDataset(torch.arange(10)), batch_size=4))) == 3
    assert "DataLoader" in dir(torch.utils.data)
    """,
    "unittest.mock": """
    from unittest import mock
    assert mock.Mock(return_value=3)() == 3
    """,
    "torch.export": """
    assert "linear" in str(torch.export.export(torch.nn.Linear(2, 3), (torch.zeros(1, 2),)).graph)
    """,
}


def said_by(code: str, *arguments: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")


def test_the_window_loads_none_of_them() -> None:
    """Fails if an idle window holds 23 MB more, because another version of torch, or a file of ours, asks for a part
    while torch is loaded."""
    assert said_by(WINDOW)[0] == "False False []"


def test_a_training_without_them_ends_with_the_same_weights() -> None:
    """Fails if one of them has a part in a number, as the generators of random numbers have that torch sets up while it
    defines operators in Python; or if a plain training waits for them."""
    plain, without = said_by(TRAINING, "plain"), said_by(TRAINING, "later")
    assert without[:2] == plain[:2]
    assert len(set(plain[:2])) == 2
    assert (plain[2], without[2]) == ("True", "False")


def test_a_part_is_itself_as_soon_as_it_is_wanted() -> None:
    """Fails if one does not come, comes half, comes twice with classes of one name, or not for each thread."""
    code = ["import sys", "from app.core.compile import later", "with later.left_out():", "    import torch"]
    for part, lines in WAYS.items():
        waits = f"print({part!r}, '_waits' in vars(sys.modules[{part!r}]), type(sys.modules[{part!r}]).__name__)"
        code += [waits, textwrap.dedent(lines), waits]
    told = said_by("\n".join(code))
    for part, before, after in zip(WAYS, told[::2], told[1::2]):
        assert (before, after) == (f"{part} True _Later", f"{part} False module")


def test_files_of_the_users_own_find_all_of_torch() -> None:
    """Fails if a file that nobody knows meets a torch without its kernels for the meta device, before or after it."""
    asked = "later.load_all(); print([p for p in later.PARTS if '_waits' in vars(sys.modules[p])])"
    begin = "import sys\nfrom app.core.compile import later\n"
    assert said_by(f"{begin}with later.left_out():\n    import torch\n{asked}")[0] == "[]"
    before = f"{begin}later.load_all()\nwith later.left_out():\n    import torch\nprint('torch._refs' in sys.modules)"
    assert said_by(before)[0] == "True"


def test_who_uses_the_meta_device_has_its_kernels() -> None:
    """Fails if a file makes tensors on the meta device without a word to ``later``: in the window some layers could not
    be made there."""
    for folder in ("app", "nodes"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            if '"meta"' not in text or path.name == "later.py":
                continue
            calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
            on_meta = [
                each
                for each in calls
                for value in (*each.args, *(keyword.value for keyword in each.keywords if keyword.arg == "device"))
                if isinstance(value, ast.Constant) and value.value == "meta" and "device" in ast.unparse(each)
            ]
            assert not on_meta or "later.load_meta_kernels()" in text, f"{path} uses the meta device"


def test_a_torch_that_is_there_is_left_alone() -> None:
    """Fails if a second window, or a test beside others, changes what is loaded already."""
    import torch

    before = list(sys.meta_path)
    with later.left_out():
        import torch.distributions
    assert sys.meta_path == before
    assert "Normal" in vars(torch.distributions)
