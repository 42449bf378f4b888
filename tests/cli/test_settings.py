"""Settings on the command line: what is wrong is answered with a sentence, a guess and, for programs, an object."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app.cli.main import COMMANDS, run
from app.training.checkpoints import load_run

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("line", "status", "words"),
    [
        (["train", "mlp_digits", "--set", "optimizer=adamw"], 2, "Did you mean AdamW?"),
        (["train", "mlp_digits", "--set", "metrics=f1,acuracy"], 2, "Did you mean accuracy?"),
        (["train", "mlp_digits", "--set", "label_smoothing=0.1"], 2, "--set loss.label_smoothing=0.1."),
        (["train", "mlp_digits", "--set", "loss.label_smoothing=2"], 2, "loss.label_smoothing must be a number"),
        (["train", "mlp_digits", "--folds", "1"], 2, "at least 2 folds"),
        (["train", "mlp_digits", "--set", "lr=nan"], 2, "lr must be"),
        (["train", "nowhere"], 1, "There is no file nowhere"),
        (["train", "--epochs", "x"], 2, "--epochs must be"),
        (["train", "mlp_digits", "--nosuch"], 2, "netloom train has no option --nosuch."),
        (["train", "mlp_digits", "--momentum", "0.9"], 2, "Write --set momentum=VALUE."),
        (["train", "mlp_digits", "--epoch", "3"], 2, "Did you mean --epochs? See netloom train --help."),
        (["compare", "nowhere", "nowhere"], 1, "not the folder of a run"),
        (["sweep", "mlp_digits", "--vary", "lr=0.1,0.2"], 2, "--out"),
        (["sweep", "mlp_digits", "--vary", "fc1.out_features=0,3", "-o", "x"], 2, "fc1.out_features must be a whole"),
        (["diagnose", "nowhere"], 1, "There is no file nowhere"),
    ],
)
def test_a_refusal_is_one_json_object_for_programs(line: list[str], status: int, words: str, capsys: Capture) -> None:
    """Fails if --json leaves the output empty where a command is refused, or a sentence names a place twice, misses the
    nearest word, or does not say where the setting is."""
    assert run([*line, "--json"]) == status
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert told == {"ok": False, "error": captured.err.strip(), "status": status}
    assert words in told["error"]


def test_a_recipe_without_games_is_not_offered_settings_of_games(capsys: Capture) -> None:
    """Fails if the list of settings has those of a replay memory where nothing plays."""
    run(["train", "mlp_digits", "--set", "zzzz=1"])
    said = capsys.readouterr().err
    assert "weight_decay" in said
    assert "replay" not in said
    assert "capacity" not in said


def test_a_setting_of_a_layer_is_that_of_the_run(tmp_path: Path, capsys: Capture) -> None:
    """Fails if --set of a layer is lost between the command line and the net that is trained."""
    line = ["train", "mlp_digits", "--epochs", "1", "--out", str(tmp_path / "a")]
    assert run([*line, "--set", "loss.label_smoothing=0.25", "--set", "fc1.out_features=7"]) == 0
    graph = load_run(tmp_path / "a").project.graph
    assert graph.nodes["loss"].params["label_smoothing"] == 0.25
    assert load_run(tmp_path / "a").model.state_dict()["fc1.weight"].shape[0] == 7
    assert run(["train", "--resume", str(tmp_path / "a"), "--set", "fc1.out_features=8"]) == 2
    assert "part of the drawing" in capsys.readouterr().err


def test_help_writes_kinds_as_words(capsys: Capture) -> None:
    """Fails if a help page says how Python calls a type, or puts braces round what has to be given."""
    for name in COMMANDS:
        assert run([name, "--help"]) == 0
        page = capsys.readouterr().out
        assert re.search("<[a-zA-Z]", page) is None, name
        assert "{" not in page, name
        assert page.startswith(f"Usage: netloom {name} [OPTIONS]")


def test_each_command_is_told_in_one_whole_sentence(capsys: Capture) -> None:
    """Fails if the list of commands cuts a sentence, as it does to one that is longer than a line of 80 letters."""
    assert run(["--help"]) == 0
    assert "..." not in capsys.readouterr().out.partition("Commands:")[2].partition("\n\n")[0]


@pytest.mark.parametrize(("name", "words"), [("Digitz", "Did you mean Digits?"), ("qqq", "Sources are Digits, ")])
def test_a_misspelt_source_is_answered_with_the_nearest(name: str, words: str, capsys: Capture) -> None:
    """Fails if whoever misses one letter has to find the source among all of them."""
    assert run(["data", name]) == 1
    said = capsys.readouterr().err
    assert words in said
    assert len(said) < 400
