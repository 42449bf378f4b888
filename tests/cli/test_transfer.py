"""A training that begins with the weights of another; layers that stay as they are, or learn at rates of their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from app.cli.main import run
from app.training.checkpoints import load_run, weights_at

Capture = pytest.CaptureFixture[str]
QUICK = ["--epochs", "1", "--batch-size", "512", "--device", "cpu"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("runs") / "first"
    assert run(["train", "lenet_digits", *QUICK, "--out", str(place)]) == 0
    return place


def test_what_was_loaded_and_frozen_stays(trained: Path, tmp_path: Path, capsys: Capture) -> None:
    """Fails if a frozen layer is trained, starts with other weights, or the drawing of the run does not say so."""
    line = ["train", "lenet_digits", *QUICK, "--weights", str(trained), "--freeze-up-to", "conv2"]
    assert run([*line, "--lr-factor", "fc3=10", "--out", str(tmp_path / "a")]) == 0
    assert "weights loaded" in capsys.readouterr().out
    before, after = load_run(trained).model.state_dict(), load_run(tmp_path / "a").model.state_dict()
    for name, value in before.items():
        assert torch.equal(value, after[name]) == name.startswith("conv"), name
    assert all(torch.equal(v, before[n]) for n, v in weights_at(tmp_path / "a", 0).items())
    graph = load_run(tmp_path / "a").project.graph
    assert [name for name, node in graph.nodes.items() if node.params.get("frozen")] == ["conv1", "conv2"]
    assert graph.nodes["fc3"].params["lr_factor"] == 10.0
    assert '"fc3": 10.0' in (tmp_path / "a" / "net.py").read_text()


def test_all_that_was_loaded_can_be_frozen(trained: Path, tmp_path: Path, capsys: Capture) -> None:
    """Fails if --freeze leaves out a layer that was loaded, or freezes one that starts fresh."""
    drawing = json.loads((trained / "drawing.netloom").read_text())
    for node in drawing["nodes"]:
        if node["name"] == "fc2":
            node["params"]["out_features"] = 50
    (tmp_path / "wide.netloom").write_text(json.dumps(drawing))
    line = ["train", str(tmp_path / "wide.netloom"), *QUICK, "--weights", str(trained), "--freeze"]
    assert run([*line, "--out", str(tmp_path / "b")]) == 0
    before, after = load_run(trained).model.state_dict(), load_run(tmp_path / "b").model.state_dict()
    frozen = {n for n, v in load_run(tmp_path / "b").project.graph.nodes.items() if v.params.get("frozen")}
    assert frozen == {"conv1", "conv2", "fc1"}
    for name in ("conv1.weight", "conv2.bias", "fc1.weight"):
        assert torch.equal(before[name], after[name])
    assert after["fc2.weight"].shape == (50, 120)
    del capsys


@pytest.mark.parametrize(
    ("more", "status", "words"),
    [
        (["--freeze"], 2, "it needs --weights"),
        (["--freeze-up-to", "nothing"], 1, "no layer 'nothing'"),
        (["--freeze-up-to", "digits"], 1, "could be frozen"),
        (["--lr-factor", "fc3"], 2, "takes a layer and a number"),
        (["--lr-factor", "fc3=fast"], 2, "takes a layer and a number"),
        (["--lr-factor", "nowhere=2"], 1, "no layer"),
        (["--lr-factor", "relu1=2"], 1, "no setting"),
        (["--lr-factor", "fc3=-1"], 1, "fc3"),
        (["--from", "{}@1", "--lr-factor", "fc3=2"], 2, "part of the drawing"),
    ],
)
def test_what_cannot_be_asked_for_is_said(
    more: list[str],
    status: int,
    words: str,
    trained: Path,
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Fails if a wrong layer or number ends in a traceback or is ignored."""
    monkeypatch.chdir(tmp_path)
    assert run(["train", "lenet_digits", *QUICK, *(part.format(trained) for part in more)]) == status
    assert words in capsys.readouterr().err
