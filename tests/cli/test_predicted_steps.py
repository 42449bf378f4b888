"""What a net says at each step of a sequence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from app.cli.main import run
from app.training.checkpoints import load_run
from nodes.reading import cache


def test_the_class_of_each_step_is_told(tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if somebody has to pick the classes of the steps out of hundreds of numbers, they are not those of the
    net, or what stands behind the end mark is told, too."""
    monkeypatch.setattr(cache, "folder", lambda: tmp_path / "cache")
    words = [f"{'abcde'[n % 5]}{'abcde'[n // 5 % 5]}{'abcde'[n // 25 % 5]}" for n in range(90)]
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join(f"{word}\t{' '.join(word.upper())}" for word in words), encoding="utf-8")
    drawing, folder = tmp_path / "a.netloom", tmp_path / "run"
    assert run(["start", str(path), "-o", str(drawing)]) == 0
    assert run(["train", str(drawing), "--epochs", "1", "--out", str(folder)]) == 0
    capsys.readouterr()
    few = tmp_path / "few.tsv"
    few.write_text("\n".join(path.read_text(encoding="utf-8").splitlines()[:3]), encoding="utf-8")
    assert run(["predict", str(folder), str(few), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["predictions"]
    assert len(told) == 3
    loaded = load_run(folder)
    schema = loaded.net.plan.sources[0].seen
    assert schema is not None
    known = schema.fields["target"].words
    codes = {word: at for at, word in enumerate(schema.fields["source"].words)}
    steps = schema.fields["previous"].sizes[0]
    previous = {word: at for at, word in enumerate(schema.fields["previous"].words)}
    for word, said in zip(words, told):
        source = torch.tensor([[codes[letter] for letter in word]])
        heard = [previous["<start>"], *(previous[letter.lower()] for letter in word)]
        before = torch.tensor([(heard + [previous["<pad>"]] * steps)[:steps]])
        inputs = {f"{entry.node}.{entry.port}": entry for entry in loaded.net.plan.inputs}
        assert len(inputs) == 2
        with torch.no_grad():
            loaded.model.eval()
            arranged = loaded.net.inputs_from({key: source if key.endswith("source") else before for key in inputs})
            (scores,) = loaded.net.outputs(loaded.model(*arranged)).values()
        likely = scores[0].softmax(-1)
        wanted = [known[at] for at in likely.argmax(-1).tolist()]
        wanted = wanted[: wanted.index("<end>") + 1] if "<end>" in wanted else wanted
        assert [each["class"] for each in said["steps"]] == wanted
        found = [each["probability"] for each in said["steps"]]
        assert found == pytest.approx(likely.amax(-1)[: len(wanted)].tolist(), abs=1e-5)
    assert run(["predict", str(folder), str(few)]) == 0
    assert "step 1 " in capsys.readouterr().out
