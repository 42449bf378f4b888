"""Drawings that ship with the program."""

from __future__ import annotations

import difflib
import os
from functools import cache
from importlib.resources import files
from pathlib import Path

from app.core.graph.model import Project
from app.core.storage.files import OpenedProject, UnreadableDrawing, heading_of, open_project
from nodes.api.words import listed

ENDING = ".netloom"
FIRST = "lenet_digits"
ALSO = {"autoencoder": "autoencoder_digits", "lenet": "lenet_digits", "mlp": "mlp_digits"}  # what else some are called
_TOPICS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("First networks", ("perceptron", "logistic_regression", "moons", "mlp_digits")),
    ("Experiments", ("sigmoid_circuit", "vanishing_gradient", "search", "ensemble")),
    ("Convolutional networks", ("lenet_digits", "alexnet", "vgg16", "googlenet", "deepface")),
    ("Residual networks", ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "efficientnet_lite0")),
    ("Pictures from pictures", ("segment", "super_resolution", "colorize", "style")),
    ("Where and how alike", ("localise", "keypoints", "detect", "glimpse", "age", "fusion", "siamese", "triplet")),
    ("Videos", ("video_3d", "video_cnn_lstm")),
    ("Sequences", ("echo", "forecast_lstm", "names_lstm")),
    ("Networks that write", ("char_rnn", "char_gru", "char_lstm", "char_transformer", "names_writer", "rnn_8000")),
    ("Words", ("word_vectors_svd", "skipgram", "sentiment_bag", "sentiment_lstm")),
    ("Sentences", ("bilstm_tagger", "tagger_bilstm", "memory_network", "transformer")),
    ("From one sequence to another", ("translate_dates", "letters_to_sounds")),
    ("Pictures and words", ("caption", "vqa")),
    ("Sounds", ("speech_ctc", "wavenet_tones")),
    (
        "Learning without labels",
        ("autoencoder_digits", "denoising_autoencoder", "variational_autoencoder", "face_arithmetic"),
    ),
    ("Generators and judges", ("gan_points", "dcgan_digits", "lapgan_digits")),
    ("Learning to play", ("dqn_gridworld", "dqn_cartpole", "dqn_atari", "alphazero_tictactoe")),
)


@cache
def folder() -> Path:
    """Where the templates lie."""
    return Path(str(files("resources"))) / "templates"


def names() -> tuple[str, ...]:
    """The templates, the one for the first start first."""
    found = sorted(path.stem for path in folder().glob("*" + ENDING))
    return tuple(sorted(found, key=lambda name: name != FIRST))


def topics() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The templates by topic of a course; those of no known topic come last."""
    there = names()
    known = [(topic, tuple(name for name in listed if name in there)) for topic, listed in _TOPICS]
    others = tuple(name for name in there if not any(name in listed for _, listed in known))
    return tuple((topic, listed) for topic, listed in (*known, ("More drawings", others)) if listed)


def load(name: str) -> Project:
    """A template as a project.

    Raises:
        UnreadableDrawing: if there is none of that name.
    """
    return open_project(_file(name)).project


def heading(name: str) -> tuple[str, str]:
    """Title and description of a template, at a tenth of the time that its layers take.

    Raises:
        UnreadableDrawing: if there is none of that name.
    """
    return heading_of(_file(name))


def _file(name: str) -> Path:
    path = folder() / (ALSO.get(name, name) + ENDING)
    if path.parent != folder() or not path.is_file():
        raise UnreadableDrawing(f"There is no template {name}. There are: {', '.join(names())}.")
    return path


def open_file_or_template(what: str) -> tuple[OpenedProject, Path | None]:
    """The project of a file, or else of a template of that name, with the file's path (None for a template).

    Raises:
        UnreadableDrawing: if there is neither.
    """
    path = Path(what)
    there = os.path.exists(what)  # unlike Path.exists, False for a name that is too long for any file
    if not there and what in (*names(), *ALSO):
        return OpenedProject(load(what)), None
    if not there:
        begun = [name for name in names() if what and name.startswith(what.lower())]
        near = list(dict.fromkeys([*begun, *difflib.get_close_matches(what, names(), n=3, cutoff=0.65)]))[:3]
        which = f"Did you mean {' or '.join(near)}?" if near else f"There are {listed(names())}."
        raise UnreadableDrawing(f"There is no file {_short(what)}, and no template of that name. {which}")
    return open_project(path), path


def _short(name: str) -> str:
    return name if len(name) <= 300 else name[:297] + "…"
