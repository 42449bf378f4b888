"""What a file is, by its first bytes: one of the two kinds of weight files, or something else, told in a sentence."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path
from typing import Literal

Form = Literal["safetensors", "torch", "arrays"]

_SAVE = "torch.save(model.state_dict(), file)"
_LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # how torch.save began before 1.6
_LONGEST_HEADER = 100_000_000  # of safetensors, as the library has it
_HEAD = 4096

# First bytes, what they are of, and what to do.
_UNPACK = "Unpack it and name the file of weights in it."
_MAGIC = (
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes", f"Open it in Keras, and save the weights with {_SAVE}."),
    (b"GGUF", "a GGUF file, for llama.cpp", "Fetch the same model as .safetensors."),
    (b"lmgg", "a GGML file, for llama.cpp", "Fetch the same model as .safetensors."),
    (b"tjgg", "a GGML file, for llama.cpp", "Fetch the same model as .safetensors."),
    (b"\x93NUMPY", "a NumPy array (.npy)", f"Load it with numpy.load, and save tensors by name with {_SAVE}."),
    (b"\x1f\x8b", "packed with gzip", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"\xfd7zXZ\x00", "packed with xz", _UNPACK),
    (b"BZh", "packed with bzip2", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", _UNPACK),
    (b"Rar!", "a RAR archive", _UNPACK),
    (b"%PDF", "a PDF document", "Choose a file of weights."),
    (b"\x89PNG", "a picture", "Choose a file of weights."),
    (b"\xff\xd8\xff", "a picture", "Choose a file of weights."),
    (b"GIF8", "a picture", "Choose a file of weights."),
    (b"SQLite format 3", "a database (SQLite)", "Choose a file of weights."),
    (b"\x7fELF", "a program", "Choose a file of weights."),
    (b"MZ", "a program", "Choose a file of weights."),
)
_PAGES = (b"<!doctype html", b"<html", b"<head", b"<!--", b"<?xml", b"<body")
_ONNX = f"Convert it to torch, and save the weights with {_SAVE}."


class NotWeights(ValueError):
    """A file is no file of weights. The message is a sentence without the file's name, and the remedy."""


def form_of(path: Path) -> Form:
    """Which of the forms that can be read a file has, whatever its ending is.

    Raises:
        NotWeights: if it has neither.
        OSError: if it cannot be read.
    """
    with open(path, "rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise NotWeights("is empty: nothing arrived. Fetch it again.")
    if head.startswith(b"version https://git-lfs"):
        raise NotWeights("is only a pointer of Git LFS; the weights are elsewhere. Run git lfs pull where it lies.")
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(_PAGES):
        raise NotWeights("is a web page, not the file that it links to. Fetch it again by the link for the download.")
    if _is_safetensors(head):
        return "safetensors"
    for magic, what, remedy in _MAGIC:
        if head.startswith(magic):
            raise NotWeights(f"is {what}. {remedy}")
    if head.startswith(b"PK"):
        return _zip_form(path)
    if head.startswith(_LEGACY):
        return "torch"
    if head[257:262] == b"ustar":
        raise NotWeights(f"is a tar archive. {_UNPACK}")
    if path.suffix.lower() == ".msgpack":
        raise NotWeights(f"is a MessagePack file, as Flax writes. Open it in Flax, and save the weights with {_SAVE}.")
    if head[4:8] == b"TFL3":
        raise NotWeights("is a TensorFlow Lite model. Its weights are for phones; fetch the same model for torch.")
    if _is_tensorflow(path, head):
        raise NotWeights(f"is a TensorFlow model. Open it in TensorFlow, and save the weights with {_SAVE}.")
    if path.suffix.lower() == ".onnx" or _is_onnx(head):
        raise NotWeights(f"is an ONNX model. {_ONNX}")
    if _is_pickle(head):
        raise NotWeights(
            "is a pickle of Python, but not one that torch.save wrote, and holds more than weights for all that is "
            f"known; to read it could run code. Open it where it was made, and save the weights with {_SAVE}."
        )
    if text.startswith((b"{", b"[")):
        raise NotWeights(_of_json(path))
    words = _words(head)
    if words is not None:
        raise NotWeights(f"is a text that begins with “{words}”. Choose a file of weights, or fetch it again.")
    form = ".safetensors" if path.suffix.lower() == ".safetensors" else "torch"
    raise NotWeights(f"is damaged or cut off, or is no {form} file. Fetch it again.")


def _is_safetensors(head: bytes) -> bool:
    if len(head) < 9:
        return False
    (length,) = struct.unpack("<Q", head[:8])
    return 2 <= length <= _LONGEST_HEADER and head[8:9] == b"{"


def _zip_form(path: Path) -> Form:
    """What an archive is: ``torch`` as of torch.save, ``arrays`` as of numpy.savez.

    Raises:
        NotWeights: if it is another one.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, struct.error, UnicodeError):
        raise NotWeights("is damaged or cut off: its beginning is that of a zip archive. Fetch it again.") from None
    ends = {name.partition("/")[2] for name in names} | set(names)
    if "constants.pkl" in ends or any(end.startswith("code/") for end in ends):
        raise NotWeights(
            "is a program for TorchScript (torch.jit.save), which is not run here. To save its weights, run "
            "model = torch.jit.load(file), then torch.save(model.state_dict(), new_file)."
        )
    if any(end.startswith("models/") for end in ends) and any(end.endswith("archive_format") for end in ends):
        raise NotWeights(
            "is a program of torch.export, which is not run here. To save its weights, run "
            "program = torch.export.load(file), then torch.save(program.state_dict, new_file)."
        )
    if "data.pkl" in ends:
        return "torch"
    if names and all(name.endswith(".npy") for name in names):
        return "arrays"
    if any(name.endswith((".weights.h5", ".h5", ".hdf5")) for name in names):
        raise NotWeights(f"is a Keras model. Open it in Keras, and save the weights with {_SAVE}.")
    if any(name.endswith(("saved_model.pb", ".pb")) for name in names):
        raise NotWeights(f"is a packed TensorFlow model. Open it in TensorFlow, and save the weights with {_SAVE}.")
    inside = [name for name in names if name.endswith((".pt", ".pth", ".safetensors", ".bin", ".ckpt"))]
    if inside:
        raise NotWeights(f"is a zip archive with {_short(inside[0])} in it. Unpack it and name that file.")
    raise NotWeights(
        "is a zip archive, but not one that torch.save wrote. Unpack it and name the file of weights in it."
    )


def _is_tensorflow(path: Path, head: bytes) -> bool:
    name = path.name.lower()
    return name.endswith((".pb", ".ckpt.index", ".ckpt.meta")) or ".data-0000" in name or b"tensorflow" in head.lower()


def _is_onnx(head: bytes) -> bool:
    """A message of protobuf: field 1, the version of the format, and then a field that only ONNX's model has."""
    return (
        len(head) > 3 and head[0] == 8 and 1 <= head[1] <= 30 and head[2] in (0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42)
    )


def _is_pickle(head: bytes) -> bool:
    binary = head[0] == 0x80 and len(head) > 1 and 2 <= head[1] <= 5
    return binary or head.startswith((b"(dp", b"(lp", b"}q", b"]q", b"ccopy_reg", b"c__builtin__", b"cos\n"))


def _of_json(path: Path) -> str:
    if path.stat().st_size > 20_000_000:
        return "is a text (JSON), not a file of weights. Choose a file of weights."
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return "is a text, not a file of weights. Choose a file of weights."
    parts = content.get("weight_map") if isinstance(content, dict) else None
    if isinstance(parts, dict):
        files = sorted({_short(name) for name in parts.values() if isinstance(name, str)})
        listed = ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
        return f"is only the index of a model that lies in several files: {listed}. Name one of those."
    if isinstance(content, dict) and "nodes" in content:
        return "is a drawing or a description of one, not a file of weights. Give it with --into."
    if isinstance(content, dict) and content.keys() & {"error", "message", "detail"} and len(content) < 8:
        said = next(str(content[key]) for key in ("error", "message", "detail") if key in content)
        return f"is the answer of a server, not the file: “{_short(' '.join(said.split()))}”. Fetch it again."
    return "is a text (JSON), such as the settings of a model, without weights. Choose the file of weights beside it."


def _words(head: bytes) -> str | None:
    """The beginning of a text, None if the bytes are none."""
    try:
        text = head.decode("utf-8", errors="strict" if len(head) < _HEAD else "ignore")
    except UnicodeDecodeError:
        return None
    if any(not (sign.isprintable() or sign in "\r\n\t\f") for sign in text):
        return None
    return _short(" ".join(text.split()))


def _short(text: str) -> str:
    shown = "".join(sign if sign.isprintable() else "�" for sign in text[:41])
    return shown if len(text) <= 40 else f"{shown[:40]}…"
