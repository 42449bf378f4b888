"""What a net says of files where no data is wired to it, only an Input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from app.cli.main import run
from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Node, Project
from app.training.checkpoints import load_run
from app.training.importing import write_run
from tests.support.drawings import chain, node


def written(folder: Path, *nodes: Node) -> Path:
    net = compile_net(Project(graph=Graph.of(nodes, chain(*(each.name for each in nodes)))))
    write_run(folder, net, net.model(3), net.plan.recipe)
    return folder


def told(out: Any) -> dict[str, Any]:
    return json.loads(out.readouterr().out)  # type: ignore[no-any-return]


def test_a_picture_is_cut_around_its_middle_and_named(tmp_path: Path, capsys: Any) -> None:
    """Fails if the edges are squeezed in, channels or classes are exchanged, or shares are not the softmax."""
    image, last = node("image", "Input", shape=(3, 4, 4)), node("out", "Output", classes="red, green, blue")
    folder = written(tmp_path / "run", image, node("flat", "Flatten"), node("fc", "Linear", out_features=3), last)
    dots = np.random.default_rng(5).integers(0, 256, (4, 10, 3), np.uint8)
    Image.fromarray(dots).save(tmp_path / "wide.png")
    assert run(["predict", str(folder), str(tmp_path / "wide.png"), "--json"]) == 0
    (said,) = told(capsys)["predictions"]
    middle = torch.from_numpy(dots[:, 3:7].astype(np.float32) / 255).permute(2, 0, 1)[None]
    with torch.no_grad():
        shares = load_run(folder).model.eval()(middle)[0].double().softmax(-1)
    order = shares.argsort(descending=True).tolist()
    assert [each["class"] for each in said["classes"]] == [("red", "green", "blue")[at] for at in order]
    assert [each["probability"] for each in said["classes"]] == pytest.approx(shares[order].tolist(), abs=1e-6)


def test_what_it_does_not_read_is_refused(tmp_path: Path, capsys: Any) -> None:
    """Fails if a file that is no picture, or a net that reads words, ends in a traceback or in silence."""
    pictures = written(
        tmp_path / "pictures", node("image", "Input", shape=(1, 4, 4)), node("flat", "Flatten"), node("out", "Output")
    )
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    assert run(["predict", str(pictures), str(tmp_path / "table.csv")]) == 1
    assert "It reads pictures, and no data is wired to image." in capsys.readouterr().err
    words = written(
        tmp_path / "words",
        node("words", "Input", shape=(5,), dtype="int", classes=9),
        node("known", "Embedding", num_embeddings=9, embedding_dim=2),
        node("out", "Output"),
    )
    assert run(["predict", str(words), str(tmp_path / "table.csv")]) == 1
    assert "No data is wired to words, and it reads 5 of int." in capsys.readouterr().err
