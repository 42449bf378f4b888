"""Commands about drawings, as a person or another program calls them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from app.cli.main import COMMANDS, app, run
from app.core.storage.files import save_project
from app.core.storage.format import to_text
from app.core.storage.templates import load, names
from nodes.api.registry import layers
from tests.support.drawings import small_net

Capture = pytest.CaptureFixture[str]


def test_every_command_is_announced() -> None:
    """Fails if the start-up would take a command for a file name."""
    assert {command.name or command.callback.__name__ for command in app.registered_commands} == set(COMMANDS)


def test_layers_lists_every_type_with_its_settings(capsys: Capture) -> None:
    """Fails if a layer or a setting is missing from what other programs read."""
    assert run(["layers", "--json"]) == 0
    listed = {entry["id"]: entry for entry in json.loads(capsys.readouterr().out)["layers"]}
    assert set(listed) == set(layers())
    for layer in layers().values():
        assert [setting["name"] for setting in listed[layer.id]["settings"]] == [param.name for param in layer.params]
    assert run(["layers"]) == 0
    text = capsys.readouterr().out
    assert all(layer_id in text for layer_id in layers())


@pytest.mark.parametrize("name", names())
def test_templates_have_no_problems(name: str, capsys: Capture) -> None:
    """Fails if a drawing that ships has a problem."""
    assert run(["check", name, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"file": name, "ok": True, "problems": []}
    assert run(["check", name]) == 0
    assert "no problems" in capsys.readouterr().out


def test_check_lists_problems_with_node_sentence_and_fix(tmp_path: Path, capsys: Capture) -> None:
    """Fails if a wrong drawing passes, or its problems cannot be told apart."""
    project = small_net()
    wrong = project.graph.nodes["conv1"].with_param("kernel_size", (9, 9))
    path = tmp_path / "wrong.netloom"
    save_project(project.with_graph("", project.graph.with_nodes(wrong)), path)
    assert run(["check", str(path), "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert not answer["ok"]
    assert [entry["node"] for entry in answer["problems"]] == ["conv1"]
    assert "Set padding to 1" in answer["problems"][0]["fixes"]
    assert run(["check", str(path)]) == 1
    assert capsys.readouterr().out.startswith("conv1: A 9×9 kernel does not fit")


@pytest.mark.parametrize("command", [["summary"], ["export", "--to", "python", "-o", "OUT"], ["train", "--out", "OUT"]])
def test_a_drawing_with_problems_is_refused_in_sentences(command: list[str], tmp_path: Path, capsys: Capture) -> None:
    """Fails if a wrong drawing is summed up, exported or trained as if it were right, or leaves files behind."""
    project = small_net()
    wrong = project.graph.nodes["conv1"].with_param("kernel_size", (9, 9))
    path = tmp_path / "wrong.netloom"
    save_project(project.with_graph("", project.graph.with_nodes(wrong)), path)
    out = tmp_path / "out"
    arguments = [str(out) if part == "OUT" else part for part in command]
    assert run([arguments[0], str(path), *arguments[1:]]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("conv1: A 9×9 kernel")
    assert captured.out == ""
    assert not out.exists()


@pytest.mark.parametrize("command", ["check", "summary"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello", "not a Netloom drawing"),
        (to_text(small_net()).encode()[:-60], "damaged or cut off at line"),
        (to_text(small_net()).replace('"version": 1', '"version": 99').encode(), "newer"),
        (to_text(small_net()).replace('"relu1", "type": "ReLU"', '"relu1", "type": "Magic"').encode(), "Magic"),
        (to_text(small_net()).replace('"out_channels": 4', '"out_channels": "4; import os"').encode(), "out_channels"),
        (to_text(small_net()).replace('"out_channels": 4', '"out_channels": 0').encode(), "out_channels"),
        (to_text(small_net()).replace('"relu1"', '"conv1"').encode(), "Two layers are named conv1"),
        (to_text(small_net()).replace('"relu1"', '"a b"').encode(), "cannot be a name"),
        (to_text(small_net()).replace("relu1.x", "relu1.y").encode(), "no such input"),
        (to_text(small_net()).replace("digits.image", "relu1.output").encode(), "feeds itself"),
        (to_text(small_net()).replace('"to": "relu1.x"', '"to": "nobody.x"').encode(), "no layer named 'nobody'"),
    ],
)
def test_bad_files_are_sentences_with_status_1(
    command: str, content: bytes, words: str, tmp_path: Path, capsys: Capture
) -> None:
    """Fails if a bad file gives status 0, a traceback, or no word about what is wrong."""
    path = tmp_path / "bad.netloom"
    path.write_bytes(content)
    assert run([command, str(path)]) == 1
    captured = capsys.readouterr()
    assert words in captured.out + captured.err
    assert "Traceback" not in captured.err
    assert path.read_bytes() == content


def test_summary_counts(capsys: Capture) -> None:
    """Fails if the totals differ from the sum of the rows or from the published number."""
    assert run(["summary", "lenet_digits", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["total"]["parameters"] == 61_706 == sum(row["parameters"] for row in answer["layers"])
    assert answer["total"]["values"] == sum(row["values"] for row in answer["layers"])
    assert run(["summary", "lenet_digits"]) == 0
    text = capsys.readouterr().out
    assert "61,706" in text
    assert "0.24 MiB" in text


def test_summary_says_where_a_length_may_be_any(tmp_path: Path, capsys: Capture) -> None:
    """Fails if a length that may be any reads as a fixed number, or it is not said for how many steps was counted."""
    project = load("tagger_bilstm")
    buckets = project.graph.nodes["sentences"].with_param("buckets", 4)
    save_project(project.with_graph("", project.graph.with_nodes(buckets)), tmp_path / "any.netloom")
    assert run(["summary", str(tmp_path / "any.netloom"), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {row["name"]: row["output"] for row in answer["layers"]}["embedding"] == ["any", 16]
    assert answer["counted_for"] == "13 steps"
    assert run(["summary", "tagger_bilstm", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {row["name"]: row["output"] for row in answer["layers"]}["embedding"] == [13, 16]
    assert "counted_for" not in answer


def test_summary_of_vgg16_is_the_table_known_from_lectures(capsys: Capture) -> None:
    """Fails if a row or a total of the best known table is wrong, or its numbers cannot be read."""
    assert run(["summary", "vgg16"]) == 0
    rows = {row.split()[0]: row.split() for row in capsys.readouterr().out.splitlines() if row.strip()}
    assert rows["conv1_1"][1:] == ["Conv2d", "64×224×224", "3,211,264", "1,792", "86,704,128"]
    assert rows["pool5"][1:4] == ["MaxPool2d", "512×7×7", "25,088"]
    assert rows["fc6"][1:] == ["Linear", "4096", "4,096", "102,764,544", "102,760,448"]
    assert rows["total"][1:] == ["28,851,688", "138,357,544", "15,470,264,320"]
    assert "527.79 MiB" in rows["weights:"][1] + " " + rows["weights:"][2]
    assert "110.06 MiB per sample" in " ".join(rows["weights:"])
    assert run(["summary", "vgg16", "--json"]) == 0
    total = json.loads(capsys.readouterr().out)["total"]
    assert total["forward_bytes"] == 4 * 28_851_688
    assert total["weight_bytes"] == 4 * 138_357_544


def test_summary_opens_blocks_as_deep_as_one_likes(capsys: Capture) -> None:
    """Fails if blocks make a table of hundreds of lines, or repeats are counted once."""
    tables = {}
    for depth in (0, 1, 9):
        assert run(["summary", "googlenet", "--depth", str(depth)]) == 0
        tables[depth] = capsys.readouterr().out.splitlines()
    assert len(tables[0]) < 30 < len(tables[1]) < 110 < len(tables[9])
    assert tables[0][-2].startswith("weights:")
    assert all(table[-3].split()[2] == "6,624,904" for table in tables.values())
    (row,) = [row for row in tables[0] if row.startswith("inception3a ")]
    assert row.split()[1:] == ["inception", "256×28×28", "1,216,768", "155,872", "121,915,136"]
    assert any(row.startswith("    conv ") for row in tables[9])
    assert run(["summary", "resnet152", "--depth", "0"]) == 0
    text = capsys.readouterr().out
    assert "bottleneck ×35" in text
    assert "60,192,808" in text


@pytest.mark.parametrize("name", names())
def test_rows_of_a_summary_add_up(name: str, capsys: Capture) -> None:
    """Fails if what other programs read has sums of blocks among the layers, or leaves something out."""
    assert run(["summary", name, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    for entry in ("parameters", "values", "multiply_adds"):
        assert answer["total"][entry] == sum(row[entry] for row in answer["layers"])
    assert not any(row["type"].startswith("block:") for row in answer["layers"])


def test_export_writes_a_file_that_runs_with_torch_alone(tmp_path: Path) -> None:
    """Fails if the export needs anything of ours."""
    out = tmp_path / "deep" / "net.py"
    assert run(["export", "lenet_digits", "--to", "python", "-o", str(out)]) == 0
    code = (
        "import sys, torch; sys.path[:] = [p for p in sys.path if 'site-packages' in p or 'lib/python' in p]; "
        f"names = {{}}; exec(open({str(out)!r}).read(), names); "
        "print(tuple(names['LeNet5OnDigits']()(torch.rand(2, 1, 32, 32)).shape), "
        "any(m.split('.')[0] in ('app', 'nodes') for m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(2, 10) False"


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["summary"], 2, "FILE"),
        (["nothing"], 2, "There is no command 'nothing'. See netloom --help."),
        (["trian"], 2, "There is no command 'trian'. Did you mean 'train'? See netloom --help."),
        (["export", "lenet_digits"], 2, "--out"),
        (["export", "lenet_digits", "--to", "onnx", "-o", "x"], 2, "python"),
        (["export", "lenet_digits", "-o", "/proc/nowhere/x.py"], 1, "cannot be written"),
        (["train", "lenet_digits", "--epochs", "many"], 2, "--epochs"),
        (["train", "lenet_digits", "--epochs", "0"], 2, "epochs must be"),
        (["train", "lenet_digits", "--lr", "nan"], 2, "lr must be"),
        (["train", "lenet_digits", "--device", "tpu"], 2, "device must be one of"),
        (["check", "no/such/file.netloom"], 1, "There is no file"),
        (["inspect", "no/run", "--view", "filters", "--node", "conv1", "-o", "x.png"], 1, "no/run"),
        (["inspect", "no/run", "--view", "nothing", "--node", "conv1", "-o", "x.png"], 2, "filters"),
        (["dream", "no/run", "--node", "conv1", "-o", "x.png"], 1, "no/run"),
        (
            ["dream", "no/run", "--node", "conv1", "-o", "x.png", "--channel", "-1"],
            2,
            "--channel must be a whole number from 0 to 1,000,000 or all or each, but",
        ),
        (["dream", "no/run", "--node", "conv1", "-o", "x.png", "--seed", "z"], 2, "--seed must be a whole number"),
        (["train", "lenet_digits", "--lr", "fast"], 2, "--lr must be a number, but it is 'fast'."),
    ],
)
def test_wrong_use_is_one_sentence(arguments: list[str], status: int, words: str, capsys: Capture) -> None:
    """Fails if a mistake on the command line gives a traceback, the wrong status, or no hint."""
    assert run(arguments) == status
    captured = capsys.readouterr()
    assert words in captured.err
    assert len(captured.err.strip().splitlines()) == 1
    assert captured.err.strip().endswith(".")


def test_the_headless_commands_need_no_torch() -> None:
    """Fails if a table takes seconds to print because torch is loaded for nothing."""
    code = (
        "import sys; from app.cli.main import run; run(['summary', 'lenet_digits']); run(['check', 'lenet_digits']); "
        "run(['layers']); run(['templates']); print([m for m in ('torch', 'PySide6', 'networkx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"


def cli(*arguments: str, out: object = subprocess.PIPE, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "main.py", *arguments],
        stdout=out,  # type: ignore[call-overload]
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_has_read_enough_hears_no_complaint(unbuffered: str) -> None:
    """Fails if ``summary | head -1`` ends with an exception of a broken pipe."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as out:
        done = cli("summary", "lenet_digits", out=out, PYTHONUNBUFFERED=unbuffered)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_without_our_letters_gets_the_table_all_the_same() -> None:
    """Fails if × ends the summary in the middle, as it would where everything is ASCII."""
    done = cli("summary", "lenet_digits", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert not done.stderr
    assert "1x32x32" in done.stdout
    assert "61,706" in done.stdout


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_result_that_cannot_be_written_is_one_sentence(unbuffered: str) -> None:
    """Fails if a full disk behind > FILE is called a mistake of the program, or gives a traceback, also at the end,
    when Python tries to write what it still holds."""
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = cli("summary", "lenet_digits", out=full, PYTHONUNBUFFERED=unbuffered)
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_was_not_read_whole_is_not_used_and_says_so(tmp_path: Path, capsys: Capture) -> None:
    """Fails if only the complaints are printed, as though the drawing had been exported with those changes."""
    text = to_text(small_net()).replace('"batch_size": 32', '"batch_size": -1')
    (tmp_path / "a.netloom").write_text(text)
    assert run(["export", str(tmp_path / "a.netloom"), "-o", str(tmp_path / "a.py")]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert "was not used" in last
    assert "then try again" in last
    assert not (tmp_path / "a.py").exists()


def test_a_run_is_not_continued_into_another(tmp_path: Path, capsys: Capture) -> None:
    """Fails if --resume with --out writes over a finished run."""
    command = ["train", "logistic_regression", "--device", "cpu", "--epochs", "1"]
    for name in ("first", "second"):
        assert run([*command, "--out", str(tmp_path / name)]) == 0
    before = (tmp_path / "second/weights.safetensors").read_bytes()
    capsys.readouterr()
    resumed = ["train", "logistic_regression", "--resume", str(tmp_path / "first"), "--epochs", "2"]
    assert run([*resumed, "--out", str(tmp_path / "second")]) == 1
    assert "holds a run already" in capsys.readouterr().err
    assert (tmp_path / "second/weights.safetensors").read_bytes() == before
    assert run([*resumed, "--out", str(tmp_path / "first")]) == 0


def test_a_run_goes_on_with_its_own_drawing(tmp_path: Path, capsys: Capture) -> None:
    """Fails if --resume alone wants the drawing named again, or a folder that is no run is not named."""
    out = str(tmp_path / "run")
    assert run(["train", "logistic_regression", "--device", "cpu", "--epochs", "1", "--out", out]) == 0
    assert run(["train", "--resume", out, "--epochs", "2"]) == 0
    assert "epoch 2/2" in capsys.readouterr().out
    assert run(["train", "--resume", str(tmp_path)]) == 1
    assert f"{tmp_path} is not the folder of a run" in capsys.readouterr().err
    assert run(["train"]) == 2
    assert "Missing argument 'FILE'" in capsys.readouterr().err


def test_continuing_a_run_that_is_done_says_so(tmp_path: Path, capsys: Capture) -> None:
    """Fails if nothing is trained, and the same is said as after a training."""
    command = ["train", "logistic_regression", "--device", "cpu", "--epochs", "1"]
    assert run([*command, "--out", str(tmp_path / "run")]) == 0
    assert "Finished after 1 epoch." in capsys.readouterr().out
    assert run([*command, "--resume", str(tmp_path / "run")]) == 0
    said = capsys.readouterr().out
    assert "Nothing was trained" in said
    assert "--epochs 2" in said


def test_a_dash_is_the_standard_output() -> None:
    """Fails if a result that another program should read lands in a file named -, or is mixed with a sentence."""
    done = cli("export", "lenet_digits", "-o", "-")
    assert done.returncode == 0
    compile(done.stdout, "net", "exec")
    assert "LeNet5OnDigits, " in done.stderr
    assert not os.path.exists("-")


def test_a_picture_goes_there_as_it_is(tmp_path: Path) -> None:
    """Fails if bytes are taken for text on their way out."""
    target = tmp_path / "picture"
    with open(target, "wb") as file:
        done = cli("export", "lenet_digits", "--to", "png", "-o", "-", out=file)
    assert done.returncode == 0, done.stderr
    with Image.open(target) as picture:
        picture.load()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_behind_the_dash_is_told(unbuffered: str) -> None:
    """Fails if what could not be written counts as done."""
    with open("/dev/full", "wb") as full:
        done = cli("export", "lenet_digits", "-o", "-", out=full, PYTHONUNBUFFERED=unbuffered)
    assert done.returncode == 1
    assert done.stderr.strip() == "The result cannot be written: No space left on device."


def assert_interrupted(code: str) -> None:
    """A program ends as after Ctrl+C, with one word."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Interrupted.\n")


def test_an_interrupt_while_libraries_load_is_not_lost() -> None:
    """Fails if a library that catches everything while it is imported swallows Ctrl+C, and the training goes on."""
    code = (
        "import os, signal, time; from app.cli.interrupts import ending_at_once\n"
        "with ending_at_once():\n"
        "    try:\n"
        "        os.kill(os.getpid(), signal.SIGINT); time.sleep(10)\n"
        "    except BaseException:\n"
        "        pass\n"
        "print('went on')"
    )
    assert_interrupted(code)


def test_ctrl_c_is_answered() -> None:
    """Fails if a command that is interrupted in the middle of its work ends without a word."""
    code = (
        "import sys; from app.cli import drawings, main\n"
        "def slow(*_): raise KeyboardInterrupt\n"
        "drawings.check = slow\n"
        "sys.exit(main.run(['check', 'lenet_digits']))"
    )
    assert_interrupted(code)


def test_names_of_strangers_give_the_terminal_no_orders(tmp_path: Path, capsys: Capture) -> None:
    """Fails if a title in a file can move the cursor, clear the screen or name the window."""
    project = replace(load("logistic_regression"), title="a\x1b[2J\x1b]0;owned\x07\x9bb\nc")
    save_project(project, tmp_path / "evil.netloom")
    assert run(["summary", str(tmp_path / "evil.netloom")]) == 0
    said = capsys.readouterr().out
    assert not any(letter in said for letter in "\x1b\x07\x9b")
    assert "\\x1b[2J" in said


def test_what_the_system_refuses_is_no_mistake_of_ours(tmp_path: Path, capsys: Capture) -> None:
    """Fails if a name that is too long asks the student to report a fault of the program."""
    name = "a" * 300
    for options in (["--out", str(tmp_path / name)], ["--resume", str(tmp_path / name)]):
        assert run(["train", "mlp_digits", "--epochs", "1", *options]) == 1
        said = capsys.readouterr().err
        assert "cannot be used: File name too long." in said
        assert "mistake" not in said


def test_a_device_is_no_file_of_weights(tmp_path: Path, capsys: Capture) -> None:
    """Fails if a device that never ends is read to its end."""
    os.mkfifo(tmp_path / "pipe.pt")
    command = ["import-weights", str(tmp_path / "pipe.pt"), "--into", "mlp_digits", "-o", str(tmp_path / "run")]
    assert run(command) == 1
    assert "is a device or a pipe" in capsys.readouterr().err
