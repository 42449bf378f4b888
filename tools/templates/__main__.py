"""Writes the templates: ``python -m tools.templates [NAME ...]``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType

from app.core.graph.model import Project
from app.core.inference import infer
from app.core.storage.files import save_project
from app.core.storage.templates import ENDING, folder
from app.ui.canvas.arranging import with_places
from tools.templates import (
    alike,
    circuits,
    classics,
    efficientnet,
    experiments,
    fused,
    games,
    generative,
    googlenet,
    imagenet,
    looking,
    measures,
    moving,
    names,
    pictures,
    resnet,
    sequences,
    series,
    sounds,
    stories,
    told,
    translation,
    where,
    words,
)

TEMPLATES: Mapping[str, Callable[[], Project]] = MappingProxyType(
    {
        made.__name__: made
        for made in (
            circuits.sigmoid_circuit,
            classics.perceptron,
            classics.logistic_regression,
            classics.mlp_digits,
            classics.moons,
            classics.lenet_digits,
            classics.autoencoder_digits,
            generative.denoising_autoencoder,
            generative.variational_autoencoder,
            generative.face_arithmetic,
            generative.lapgan_digits,
            generative.gan_points,
            generative.dcgan_digits,
            games.dqn_cartpole,
            games.dqn_gridworld,
            games.alphazero_tictactoe,
            games.dqn_atari,
            pictures.super_resolution,
            pictures.segment,
            pictures.colorize,
            alike.siamese,
            alike.triplet,
            where.localise,
            where.keypoints,
            where.detect,
            measures.age,
            fused.fusion,
            looking.glimpse,
            moving.video_3d,
            moving.video_cnn_lstm,
            experiments.vanishing_gradient,
            experiments.search,
            experiments.ensemble,
            imagenet.alexnet,
            imagenet.vgg16,
            imagenet.deepface,
            googlenet.googlenet,
            resnet.resnet18,
            resnet.resnet34,
            resnet.resnet50,
            resnet.resnet101,
            resnet.resnet152,
            efficientnet.efficientnet_lite0,
            efficientnet.style,
            sequences.char_rnn,
            sequences.char_lstm,
            sequences.char_gru,
            sequences.char_transformer,
            sequences.rnn_8000,
            sequences.bilstm_tagger,
            sequences.transformer,
            words.word_vectors_svd,
            words.skipgram,
            words.sentiment_lstm,
            words.sentiment_bag,
            words.tagger_bilstm,
            stories.memory_network,
            translation.translate_dates,
            translation.letters_to_sounds,
            told.caption,
            told.vqa,
            series.forecast_lstm,
            series.echo,
            sounds.speech_ctc,
            sounds.wavenet_tones,
            names.names_lstm,
            names.names_writer,
        )
    }
)


def main(chosen: list[str]) -> int:
    """Write the named templates, or all. Exit status 1 if one has a problem; it is not written then."""
    unknown = [name for name in chosen if name not in TEMPLATES]
    if unknown:
        print(f"There is no template {unknown[0]}. There are: {', '.join(TEMPLATES)}.", file=sys.stderr)
        return 2
    status = 0
    for name in chosen or TEMPLATES:
        project = TEMPLATES[name]()
        problems = infer(project).problems
        for problem in problems:
            print(f"{name}: {problem}", file=sys.stderr)
        if problems:
            status = 1
            continue
        save_project(with_places(project), folder() / (name + ENDING))
        print(f"{name}{ENDING}")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
