"""import-weights for files whose numbers are not yet the weights: scales, parts, several sets, other forms."""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import pathlib
import zipfile
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.utils import parametrizations, prune
from torch.nn.utils import spectral_norm as old_spectral_norm
from torch.nn.utils import weight_norm as old_weight_norm

from app.cli.main import run
from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.training.importing import load_into
from app.training.weight_files import BadWeights

Capture = pytest.CaptureFixture[str]


def model() -> nn.Module:
    """The net of mlp_digits: fc1 64→64 and fc2 64→10."""
    return compile_net(load("mlp_digits")).model(seed=5)


def values(seed: int = 0) -> dict[str, Tensor]:
    """Weights for it."""
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.rand(value.shape, generator=generator) for name, value in model().state_dict().items()}


def imported(path: Path, key: str | None = None) -> dict[str, Tensor]:
    """The weights of the net after the import."""
    net = model()
    load_into(net, path, key)
    return net.state_dict()


def equal(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


# Numbers with a scale


def scaled(dtype: torch.dtype, scale: Tensor, word: str) -> dict[str, Tensor]:
    """Weights whose fc1 is small numbers with a scale beside them."""
    whole = torch.randint(-100, 100, (64, 64), generator=torch.Generator().manual_seed(3)).to(torch.float32)
    small = (whole > 0) if dtype == torch.bool else whole.to(dtype)
    return {**values(), "fc1.weight": small, f"fc1.{word}": scale}


ROWS = torch.linspace(0.5, 2, 64)


@pytest.mark.parametrize(
    ("dtype", "scale", "word", "expected"),
    [
        (torch.int8, torch.tensor(0.25), "weight_scale", lambda w: w * 0.25),
        (torch.int8, torch.tensor([0.25]), "scale_weight", lambda w: w * 0.25),
        (torch.int8, ROWS, "weight_scale", lambda w: w * ROWS.numpy()[:, None]),
        (torch.int8, ROWS[:, None], "weight_scale", lambda w: w * ROWS.numpy()[:, None]),
        (torch.int8, ROWS, "SCB", lambda w: w * ROWS.numpy()[:, None] / 127),
        (torch.bool, torch.tensor(0.5), "weight_scale", lambda w: w * 0.5),
        (torch.float8_e4m3fn, torch.tensor(0.1), "scale_weight", lambda w: w * np.float32(0.1)),
        (torch.float8_e5m2, torch.tensor(0.1), "weight_scale", lambda w: w * np.float32(0.1)),
        (torch.float8_e4m3fn, torch.tensor([[0.3]]), "weight_scale_inv", lambda w: w * np.float32(0.3)),
        (
            torch.int8,
            torch.tensor([[1.0, 2.0], [3.0, 4.0]]),
            "weight_scale",
            lambda w: w * np.kron([[1, 2], [3, 4]], np.ones((32, 32))),
        ),
    ],
)
@pytest.mark.parametrize("ending", ["pt", "safetensors"])
def test_small_numbers_get_their_scale(
    dtype: torch.dtype, scale: Tensor, word: str, expected: Callable[[Any], Any], ending: str, tmp_path: Path
) -> None:
    """Fails if int8, bool or fp8 are taken for weights, or a scale goes to the wrong rows; numpy says what is right."""
    stored = scaled(dtype, scale, word)
    path = tmp_path / f"small.{ending}"
    save_file(stored, path) if ending == "safetensors" else torch.save(stored, path)
    after = imported(path)
    right = expected(stored["fc1.weight"].to(torch.float32).numpy())
    np.testing.assert_allclose(after["fc1.weight"].numpy(), right, rtol=1e-6)
    assert torch.equal(after["fc2.weight"], values()["fc2.weight"])


def test_blocks_of_128_may_end_early() -> None:
    """Fails if the last block of a weight that is no multiple of 128 gets another scale."""
    from app.training.stored_forms import TensorSet, as_used

    weight = torch.randn(200, 300, generator=torch.Generator().manual_seed(0)).to(torch.float8_e4m3fn)
    scale = torch.arange(1.0, 7.0).reshape(2, 3)
    stored = {"a.weight": weight, "a.weight_scale_inv": scale}
    used = as_used(
        TensorSet({n: tuple(v.shape) for n, v in stored.items()}, {n: v.dtype for n, v in stored.items()}, stored.get)  # type: ignore[arg-type]
    )
    assert dict(used.sizes) == {"a.weight": (200, 300)}
    right = weight.to(torch.float32).numpy() * np.kron(scale.numpy(), np.ones((128, 128)))[:200, :300]
    np.testing.assert_allclose(used.read("a.weight").numpy(), right, rtol=1e-6)


SMALL_NUMBERS = [torch.int8, torch.bool, torch.uint8, torch.uint16, torch.float8_e4m3fn, torch.float8_e5m2]
SMALL_NUMBERS += [torch.float8_e4m3fnuz, torch.float8_e8m0fnu]


@pytest.mark.parametrize("dtype", SMALL_NUMBERS)
def test_small_numbers_without_a_scale_are_refused_by_name(dtype: torch.dtype, tmp_path: Path, capsys: Capture) -> None:
    """Fails if numbers without their meaning become weights, or it is told as a mistake of Netloom."""
    save_file({**values(), "fc1.weight": torch.ones(64, 64).to(dtype)}, tmp_path / "a.safetensors")
    out = tmp_path / "run"
    assert run(["import-weights", str(tmp_path / "a.safetensors"), "--into", "mlp_digits", "-o", str(out)]) == 1
    error = capsys.readouterr().err
    assert "fc1.weight" in error
    assert f"{str(dtype).removeprefix('torch.')} numbers without the scale" in error
    assert not out.exists()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_floats_are_weights(dtype: torch.dtype, tmp_path: Path) -> None:
    """Fails if half precision is refused or changed more than by rounding."""
    save_file({name: value.to(dtype) for name, value in values().items()}, tmp_path / "a.safetensors")
    after = imported(tmp_path / "a.safetensors")
    assert all(torch.equal(after[name], value.to(dtype).float()) for name, value in values().items())


# Parts of a weight


def layers() -> tuple[nn.Sequential, nn.Linear]:
    torch.manual_seed(1)
    first = nn.Linear(64, 64)
    return nn.Sequential(first, nn.ReLU(), nn.Linear(64, 10)), first


def pruned(layer: nn.Module) -> nn.Module:
    return prune.random_unstructured(layer, "weight", amount=0.4)  # type: ignore[no-any-return]


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize(
    "change",
    [
        old_weight_norm,
        lambda layer: old_weight_norm(layer, dim=1),
        lambda layer: old_weight_norm(layer, dim=None),
        parametrizations.weight_norm,
        lambda layer: parametrizations.weight_norm(layer, dim=1),
        old_spectral_norm,
        lambda layer: old_spectral_norm(layer, dim=1),
        parametrizations.spectral_norm,
        lambda layer: parametrizations.spectral_norm(layer, dim=1),
        pruned,
    ],
)
@pytest.mark.parametrize("ending", ["pt", "safetensors"])
def test_a_weight_in_parts_is_put_together(
    change: Callable[[nn.Module], nn.Module], ending: str, tmp_path: Path, capsys: Capture
) -> None:
    """Fails if the layer computes anything else than torch's own layer with the same parts, or it is not said."""
    net, first = layers()
    change(first)
    sample = torch.rand(5, 64)
    for _ in range(3):  # spectral norm improves its vectors while training
        net(sample)
    net.eval()
    expected = first(sample)
    path = tmp_path / f"parts.{ending}"
    stored = {name: value.detach().contiguous().clone() for name, value in net.state_dict().items()}
    save_file(stored, path) if ending == "safetensors" else torch.save(stored, path)
    out = tmp_path / "out.safetensors"
    assert run(["import-weights", str(path), "--into", "mlp_digits", "-o", str(out)]) == 0
    said = capsys.readouterr().out
    assert "4,810 of 4,810 weights loaded" in said
    assert "put together: 0.weight" in said
    after = load_file(out)
    torch.testing.assert_close(nn.functional.linear(sample, after["fc1.weight"], after["fc1.bias"]), expected)


def test_parts_that_are_not_known_give_nothing_of_the_layer(tmp_path: Path) -> None:
    """Fails if a layer gets its bias and keeps random weights."""
    net, first = layers()
    parametrizations.orthogonal(first)
    torch.save({f"x.{name}": value for name, value in net.state_dict().items()}, tmp_path / "a.pt")
    before, after = model().state_dict(), imported(tmp_path / "a.pt")
    assert torch.equal(before["fc1.weight"], after["fc1.weight"])
    assert torch.equal(before["fc1.bias"], after["fc1.bias"])
    assert torch.equal(after["fc2.weight"], net[2].weight)


def parametrized_bias(layer: nn.Linear) -> nn.Module:
    return parametrizations.weight_norm(layer, "bias", dim=None)  # type: ignore[no-any-return]


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize(
    "change",
    [
        parametrizations.orthogonal,
        parametrized_bias,
        lambda layer: prune.random_unstructured(old_weight_norm(layer), "weight_v", amount=0.3),
        lambda layer: parametrizations.spectral_norm(parametrizations.weight_norm(layer)),
    ],
)
@pytest.mark.parametrize("prefix", ["", "module."])
def test_no_layer_is_loaded_by_half(change: Callable[[nn.Linear], nn.Module], prefix: str, tmp_path: Path) -> None:
    """Fails if of weight and bias only the one that is stored plainly arrives, or nothing is said of it."""
    first, last = nn.Linear(64, 64), nn.Linear(64, 10)
    change(first)
    net = nn.ModuleDict({"fc1": first, "fc2": last})
    save_file({prefix + n: v.clone().contiguous() for n, v in net.state_dict().items()}, tmp_path / "a.safetensors")
    made = model()
    before = {name: value.clone() for name, value in made.state_dict().items()}
    done = load_into(made, tmp_path / "a.safetensors")
    after = made.state_dict()
    assert all(torch.equal(before[f"fc1.{part}"], after[f"fc1.{part}"]) for part in ("weight", "bias"))
    assert all(torch.equal(after[f"fc2.{part}"], last.state_dict()[part]) for part in ("weight", "bias"))
    assert done.notes[-1] == f"left out, because their weights are stored in parts that are not known: {prefix}fc1"


# Several sets


RIGHT, WRONG = values(0), values(1)
SMALL = {"fc1.weight": torch.zeros(3, 3)}


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ({"loss": torch.tensor(0.5), "best": torch.zeros(()), "model_state_dict": RIGHT}, "model_state_dict"),
        ({"params": RIGHT, "iteration": 3}, "params"),
        ({"params": RIGHT, "params_ema": WRONG}, "params"),
        ({"params_ema": WRONG, "params": RIGHT}, "params"),
        ({"netD": SMALL, "netG": RIGHT}, "netG"),
        ({"weight": RIGHT}, "weight"),
        ({"state": {"model": {"net": RIGHT}}, "epoch": torch.tensor(3)}, "state.model.net"),
        ({"models": [SMALL, RIGHT]}, "models.1"),
        (defaultdict(int, model=RIGHT), "model"),
        ({"model": {f"module.{name}": value for name, value in RIGHT.items()}, "ema": WRONG}, "model"),
    ],
)
def test_the_set_that_fits_is_found(content: Any, key: str, tmp_path: Path) -> None:
    """Fails if the first tensor of a checkpoint wins, or a set under another key is not seen."""
    torch.save(content, tmp_path / "a.pt")
    net = model()
    assert load_into(net, tmp_path / "a.pt").key == key
    assert equal(net.state_dict(), RIGHT)


def test_encoder_and_decoder_are_one_net(tmp_path: Path) -> None:
    """Fails if only the larger of two halves is loaded."""
    halves: dict[str, dict[str, Tensor]] = {"encoder": {}, "decoder": {}}
    for name, value in RIGHT.items():
        halves["encoder" if "fc1" in name else "decoder"]["0." + name.rpartition(".")[2]] = value
    torch.save({**halves, "epoch": 3}, tmp_path / "a.pt")
    assert equal(imported(tmp_path / "a.pt"), RIGHT)


def test_two_nets_are_not_mixed(tmp_path: Path) -> None:
    """Fails if a layer that one net lacks is taken from another net that happens to have its shape."""
    generator = {name: value for name, value in RIGHT.items() if "fc1" in name}
    other = {"a.weight": torch.rand(7, 7), "b.weight": torch.rand(10, 64), "b.bias": torch.rand(10), "c": torch.rand(5)}
    torch.save({"netG": generator, "netD": other}, tmp_path / "a.pt")
    after = imported(tmp_path / "a.pt")
    assert torch.equal(after["fc1.weight"], RIGHT["fc1.weight"])
    assert torch.equal(after["fc2.weight"], model().state_dict()["fc2.weight"])


def test_others_are_named_and_can_be_chosen(tmp_path: Path, capsys: Capture) -> None:
    """Fails if a second set is passed over in silence, or --key takes another than it names."""
    torch.save({"params": RIGHT, "params_ema": WRONG}, tmp_path / "a.pt")
    command = ["import-weights", str(tmp_path / "a.pt"), "--into", "mlp_digits", "-o", str(tmp_path / "a.safetensors")]
    assert run(command) == 0
    said = capsys.readouterr().out
    assert "taken from params\n" in said
    assert "also in the file: params_ema (4,810 weights fit)" in said
    assert run([*command, "--key", "params_ema", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["key"] == "params_ema"
    assert equal(load_file(tmp_path / "a.safetensors"), WRONG)
    assert run([*command, "--key", "nothing"]) == 1
    assert "no weights under the key nothing. It has params, params_ema." in capsys.readouterr().err


def test_a_training_begins_with_the_set_that_is_named(tmp_path: Path, capsys: Capture) -> None:
    """Fails if train --weights takes no key, takes another set than it names, or is silent where it has no meaning."""
    torch.save({"params": RIGHT, "params_ema": WRONG}, tmp_path / "a.pt")
    begin = ["train", "mlp_digits", "--epochs", "1", "--lr", "1e-30", "--device", "cpu", "--out", str(tmp_path / "run")]
    weights = ["--weights", str(tmp_path / "a.pt")]
    assert run([*begin, *weights, "--key", "nothing"]) == 1
    assert "no weights under the key nothing. It has params, params_ema." in capsys.readouterr().err
    assert run([*begin, "--key", "params_ema"]) == 2
    assert "needs --weights" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
    assert run([*begin, *weights, "--key", "params_ema"]) == 0
    assert "taken from params_ema\n" in capsys.readouterr().out
    assert equal(load_file(tmp_path / "run" / "weights.safetensors"), WRONG)


def test_a_key_can_be_the_beginning_of_names(tmp_path: Path) -> None:
    """Fails if of two nets in one flat file the wished one cannot be had."""
    both = {f"one.{n}": v for n, v in RIGHT.items()} | {f"two.{n}": v for n, v in WRONG.items()}
    save_file(both, tmp_path / "a.safetensors")
    with pytest.raises(BadWeights, match="equal shapes"):
        imported(tmp_path / "a.safetensors")
    assert equal(imported(tmp_path / "a.safetensors", "two"), WRONG)


# Files of our own


def test_a_run_finds_its_layers_after_they_were_renamed(tmp_path: Path) -> None:
    """Fails if our own files do not keep the order of the layers, which the format sorts by name."""
    names = ["zeta", "beta", "omega", "alpha"]
    sequence = nn.Sequential()
    for name in names:
        sequence.add_module(name, nn.Linear(8, 8))
    from app.training.importing import write_weights

    write_weights(tmp_path / "own.safetensors", sequence)
    renamed = nn.Sequential()
    for name in ("one", "two", "three", "four"):
        renamed.add_module(name, nn.Linear(8, 8))
    load_into(renamed, tmp_path / "own.safetensors")
    for mine, its in zip(renamed, sequence, strict=True):
        assert torch.equal(mine.weight, its.weight)


# Strange files


def zipped(names: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def scripted() -> bytes:
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.trace(nn.Linear(2, 2), torch.zeros(1, 2)), buffer)
    return buffer.getvalue()


def exported() -> bytes:
    """An archive with the names that torch.export.save gives."""
    inside = ("archive_format", "models/model.json", "data/weights/weight_0", "data/sample_inputs/model.pt")
    return zipped({f"net/{name}": b"x" for name in inside})


def objects() -> bytes:
    """An archive of arrays with things of Python in them, which to read could run code."""
    buffer = io.BytesIO()
    np.savez(buffer, a=np.array([Path()], dtype=object), b=np.array(["word"]))
    return buffer.getvalue()


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"
INDEX = json.dumps({"metadata": {}, "weight_map": {"a.weight": "model-00001-of-00002.safetensors"}}).encode()


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda: b"", ("empty", "Fetch it again")),
        (lambda: LFS, ("Git LFS", "git lfs pull")),
        (lambda: b"\n <!DOCTYPE html><html><body>404</body></html>", ("web page", "Fetch it again")),
        (lambda: b"\x89HDF\r\n\x1a\n" + bytes(80), ("HDF5", "Keras")),
        (lambda: b"\x08\x07\x12\x07pytorch\x1a\x052.1.0:\x80\x01" + bytes(90), ("ONNX", "Convert")),
        (lambda: b"GGUF\x03\x00\x00\x00" + bytes(80), ("GGUF", ".safetensors")),
        (lambda: b"\x93NUMPY\x01\x00v\x00{'descr': '<f8'}", ("NumPy", "numpy.load")),
        (objects, ("no arrays of numbers", "numpy.savez")),
        (lambda: zipped({"a.npy": b"x"}), ("damaged", "Fetch it again")),
        (scripted, ("TorchScript", "torch.jit.load")),
        (lambda: zipped({"config.json": b"{}", "model.weights.h5": b"x"}), ("Keras", "save the weights")),
        (lambda: zipped({"deep/model.pth": b"x"}), ("deep/model.pth in it", "Unpack")),
        (lambda: zipped({"a.txt": b"x"}), ("zip archive", "Unpack")),
        (lambda: gzip.compress(b"x" * 100), ("gzip", "Unpack")),
        (lambda: b"7z\xbc\xaf\x27\x1c" + bytes(30), ("7z", "Unpack")),
        (lambda: bytes(257) + b"ustar\x0000" + bytes(300), ("tar archive", "Unpack")),
        (lambda: INDEX, ("index", "model-00001-of-00002.safetensors")),
        (lambda: b'{"hidden_size": 3}', ("JSON", "without weights")),
        (
            lambda: b'{"error": "Repository not found"}',
            ("answer of a server", "Repository not found", "Fetch it again"),
        ),
        (lambda: b"Entry not found", ("text that begins with", "fetch it again")),
        (exported, ("torch.export", "torch.export.load")),
        (lambda: b"lr: 0.1\nepochs: 3\n", ("text that begins with", "lr: 0.1")),
        (lambda: bytes(range(200, 256)) * 9, ("damaged or cut off", "Fetch it again")),
    ],
)
@pytest.mark.parametrize("name", ["a.pth", "a.safetensors", "a.bin"])
def test_a_strange_file_is_told_as_what_it_is(
    content: Callable[[], bytes], words: tuple[str, str], name: str, tmp_path: Path, capsys: Capture
) -> None:
    """Fails if a file that holds no weights is said to run code, or it is not said what to do."""
    (tmp_path / name).write_bytes(content())
    assert run(["import-weights", str(tmp_path / name), "--into", "mlp_digits", "-o", str(tmp_path / "run")]) == 1
    error = capsys.readouterr().err
    assert all(word in error for word in words)
    assert "run code" not in error
    assert len(error.strip().splitlines()) == 1


def test_the_ending_of_a_file_does_not_matter(tmp_path: Path) -> None:
    """Fails if a safetensors file with another ending is called dangerous, or torch's with that ending damaged."""
    save_file(RIGHT, tmp_path / "a.pth")
    torch.save(RIGHT, tmp_path / "b.safetensors")
    save_file(RIGHT, tmp_path / "model.bin")
    for name in ("a.pth", "b.safetensors", "model.bin"):
        assert equal(imported(tmp_path / name), RIGHT)


@pytest.mark.parametrize("new_form", [True, False])
@pytest.mark.parametrize(
    "extra",
    [
        np.float64(0.5),
        np.float32(0.5),
        np.int64(5),
        np.bool_(True),
        np.zeros(3),
        np.array(["a", None], dtype=object),
        np.random.RandomState(0).get_state(),
        np.dtype("f4"),
        argparse.Namespace(lr=0.1, out=Path("x"), scores=[np.float64(1)]),
        pathlib.PurePosixPath("x"),
        pathlib.PureWindowsPath("c:/x"),
        Path("x"),
        range(3),
        deque([0.5, 0.25], maxlen=9),
        defaultdict(list, {"loss": [0.5]}),
    ],
    ids=lambda extra: type(extra).__name__,
)
def test_harmless_extras_are_read(extra: object, new_form: bool, tmp_path: Path) -> None:
    """Fails if numbers of NumPy, options of a program or paths make a file dangerous."""
    content = {"extra": extra, "model": RIGHT}
    torch.save(content, tmp_path / "a.pt", _use_new_zipfile_serialization=new_form)
    assert equal(imported(tmp_path / "a.pt"), RIGHT)


@pytest.mark.parametrize("kind", ["f4", ">f4", "f8"])
def test_arrays_by_name_are_weights(kind: str, tmp_path: Path) -> None:
    """Fails if a state dict of NumPy's arrays is not seen, or their bytes are read in the wrong order."""
    arrays = {name: np.asfortranarray(value.numpy().astype(kind)) for name, value in RIGHT.items()}
    torch.save(arrays, tmp_path / "a.pt")
    assert equal(imported(tmp_path / "a.pt"), RIGHT)


class Own:
    """A class of a stranger's program."""


@pytest.mark.parametrize(
    ("thing", "name"),
    [
        (Own(), "Own"),
        (nn.Linear(2, 2), "torch.nn.modules.linear.Linear"),
        (print, "print"),
        (os.system, f"{os.name}.system"),  # of a module that torch blocks, which it says in other words
    ],
)
def test_what_is_refused_is_named(thing: object, name: str, tmp_path: Path) -> None:
    """Fails if a reader is not told which class makes the file one that runs code."""
    torch.save({"model": RIGHT, "extra": [np.float64(1), thing]}, tmp_path / "a.pt")
    with pytest.raises(BadWeights, match=rf"more than weights: [\w.]*{name}\. Reading"):
        imported(tmp_path / "a.pt")


@pytest.mark.parametrize("kind", ["<f4", ">f4", "<f8", "g"])
@pytest.mark.parametrize("packed", [False, True])
def test_an_archive_of_arrays_is_weights(kind: str, packed: bool, tmp_path: Path) -> None:
    """Fails if such a file is refused, its bytes are read in a wrong order, or words or long doubles in it stop all."""
    arrays = {name: np.asfortranarray(value.numpy().astype(kind)) for name, value in RIGHT.items()}
    (np.savez_compressed if packed else np.savez)(tmp_path / "a.npz", about=np.array(["words"]), **arrays)
    assert equal(imported(tmp_path / "a.npz"), RIGHT)
