"""The drawings that ship: problems, published numbers of weights, and what torch makes of them."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from math import prod

import pytest
import torch

from app.core.compile.measuring import measured
from app.core.compile.net import CompiledNet, compile_net
from app.core.compile.plan import NotReady, make_plan
from app.core.compile.summary import Summary, summary_of
from app.core.graph.model import Graph, Project
from app.core.inference import infer
from app.core.storage.templates import ALSO, load, names, open_file_or_template
from tests.support import zoo
from tools.templates.__main__ import TEMPLATES

# What the authors or torch's model zoo say.
PUBLISHED = {
    "lenet_digits": 61_706,
    "alexnet": 61_100_840,
    "vgg16": 138_357_544,
    "googlenet": 6_624_904,
    "efficientnet_lite0": 4_652_008,
    "style": 4_652_008,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "rnn_8000": 1_610_000,  # as lectures count it
    "char_lstm": 240_321,  # printed by Karpathy's char-rnn for the plays of Shakespeare
}

# Where no number was published, layer by layer from the sizes that were.
COUNTED = {
    "sigmoid_circuit": 3,
    "dqn_cartpole": (4 * 128 + 128) + (128 * 128 + 128) + (128 * 2 + 2),
    "dqn_atari": (4 * 8 * 8 * 32 + 32)
    + (32 * 4 * 4 * 64 + 64)
    + (64 * 3 * 3 * 64 + 64)
    + (64 * 7 * 7 * 512 + 512)
    + (512 * 4 + 4),
    "alphazero_tictactoe": (2 * 9 * 32 + 32) + (32 * 9 * 32 + 32) + (32 * 9 * 64 + 64) + (64 * 9 + 9) + (64 + 1),
    "dqn_gridworld": (4 * 5 * 6 * 64 + 64) + (64 * 4 + 4),
    "perceptron": 3 + 1,
    "logistic_regression": 64 * 10 + 10,
    "mlp_digits": (64 * 64 + 64) + (64 * 10 + 10),
    "vanishing_gradient": 2 * sum(depth * (64 * 64 + 64) + (64 * 10 + 10) for depth in range(1, 6)),
    "ensemble": 7 * ((64 * 4 + 4) + (4 * 10 + 10)),
    "search": (2 * 3 * 3 + 2) + (2 * 6 * 6 * 10 + 10),
    "moons": (2 * 8 + 8) + (8 * 2 + 2),
    "autoencoder_digits": (64 * 16 + 16) + (16 * 64 + 64),
    "denoising_autoencoder": (64 * 128 + 128) + (128 * 32 + 32) + (32 * 128 + 128) + (128 * 64 + 64),
    "variational_autoencoder": (64 * 128 + 128)
    + (128 * 64 + 64)
    + 2 * (64 * 2 + 2)
    + (2 * 64 + 64)
    + (64 * 128 + 128)
    + (128 * 64 + 64),
    "face_arithmetic": (9 * 8 + 8) + 2 * (72 * 8 + 8) + 2 * (392 * 16 + 16) + (16 * 392 + 392) + (72 + 1),
    "lapgan_digits": sum(
        (
            (8 * 64 + 64) + (64 * 64 + 64) + (64 * 16 + 16),  # coarse digits
            (32 * 128 + 128) + (128 * 128 + 128) + (128 * 64 + 64),  # their details
            (16 * 64 + 64) + (64 * 64 + 64) + (64 + 1),
            (80 * 128 + 128) + (128 * 128 + 128) + (128 + 1),
        )
    ),
    "gan_points": (4 * 64 + 64) + 2 * (64 * 64 + 64) + (64 * 2 + 2) + (2 * 64 + 64) + (64 + 1),
    "dcgan_digits": sum(
        (
            16 * 128 * 16 + 2 * 128 + 128 * 64 * 9 + 2 * 64 + 64 * 32 * 16 + 2 * 32 + 32 * 16 + 1,  # generator
            32 * 16 + 32 + 32 * 64 * 16 + 2 * 64 + 64 * 128 * 9 + 2 * 128 + 128 * 16 + 1,  # judge
        )
    ),
    "segment": sum(
        9 * before * after + 2 * after  # a convolution without bias, and its norm
        for before, after in (
            (3, 12),
            (12, 12),
            (12, 24),
            (24, 24),
            (24, 48),
            (48, 48),
            (72, 24),
            (24, 24),
            (36, 12),
            (12, 12),
        )
    )
    + 12 * 4
    + 4,
    "localise": sum(9 * a * b + 2 * b for a, b in ((3, 16), (16, 24), (24, 32)))
    + (4 * 4 * 32 * 64 + 64)
    + (64 * 3 + 3)
    + (64 * 4 + 4),
    "keypoints": sum((9 * 3 * 12, 25 * 12 * 16, 25 * 16 * 24, 25 * 24 * 24, 9 * 36 * 16))
    + 2 * (12 + 16 + 24 + 24 + 16)
    + (16 * 3 + 3),
    "detect": sum((25 * 12, 9 * 12 * 24, 9 * 24 * 48, 9 * 48 * 64, 9 * 64 * 64))
    + 2 * (12 + 24 + 48 + 64 + 64)
    + (64 * 20 + 20),
    "age": sum((25 * 3 * 16, 9 * 16 * 32, 9 * 32 * 48)) + 2 * (16 + 32 + 48) + (1200 * 48 + 48) + (48 + 1),
    "colorize": (25 * 16 + 16)
    + sum(9 * channels for channels in (256, 256, 512, 1024, 1280, 1600, 2304, 1024, 768, 256))
    + 2 * (16 + 32 + 40 + 32 + 16)
    + (16 * 3 + 3),
    "fusion": (9 * 8 + 8)
    + (9 * 8 * 16 + 16)
    + (576 * 32 + 32)  # the picture
    + (5 * 3 * 16 + 16)
    + (5 * 16 * 32 + 32)
    + (32 * 32 + 32)  # the motion
    + (64 * 64 + 64)
    + (64 * 9 + 9),
    "triplet": sum((25 * 3 * 16, 9 * 16 * 32, 9 * 32 * 48)) + 2 * (16 + 32 + 48) + (768 * 16 + 16),
    "siamese": (9 * 16 + 16) + (9 * 16 * 32 + 32) + (128 * 64 + 64) + (64 * 8 + 8),  # both branches share them
    "super_resolution": (48 * 3 * 25 + 48) + (32 * 48 * 9 + 32) + (12 * 32 * 9 + 12),
    "deepface": sum(
        (
            32 * (3 * 11 * 11) + 32,  # C1: 32 filters of 11×11×3
            16 * (32 * 9 * 9) + 16,  # C3: 16 filters of 9×9 on 71×71
            55 * 55 * 16 * (16 * 9 * 9 + 1),  # L4: 63 − 9 + 1 = 55 places a side
            25 * 25 * 16 * (16 * 7 * 7 + 1),  # L5: stride 2
            21 * 21 * 16 * (16 * 5 * 5 + 1),  # L6
            (21 * 21 * 16) * 4096 + 4096,  # F7
            4096 * 4030 + 4030,  # F8: 4,030 people
        )
    ),
    "char_rnn": (65 * 256 + 256 * 256 + 2 * 256) + (256 * 65 + 65),
    "char_gru": 3 * (65 * 224 + 224 * 224 + 2 * 224) + (224 * 65 + 65),
    "char_transformer": sum(
        (
            65 * 96 + 50 * 96,  # letters and places
            2 * (4 * (96 * 96 + 96) + (96 * 256 + 256) + (256 * 96 + 96) + 2 * 2 * 96),
            2 * 96 + (96 * 65 + 65),
        )
    ),
    "word_vectors_svd": 2 * 1000 * 2,  # a row for each word, of both tables
    "skipgram": 2 * 1000 * 16,
    "sentiment_lstm": 600 * 16 + 4 * 32 * (16 + 32 + 2) + (32 * 2 + 2),
    "sentiment_bag": 600 * 16 + (16 * 32 + 32) + (32 * 2 + 2),
    "tagger_bilstm": 600 * 16 + 2 * 4 * 24 * (16 + 24 + 2) + (48 * 10 + 10),
    "names_lstm": 36 * 24 + 4 * 64 * (24 + 64 + 2) + (64 * 14 + 14),
    "names_writer": (14 * 96 + 33 * 24) + 3 * 96 * (24 + 96 + 2) + (96 * 33 + 33),
    "forecast_lstm": 4 * 32 * (1 + 32 + 2) + (32 * 12 + 12),
    "echo": (1 + 3 + 4) * 16 * (2 + 16 + 2) + 3 * (16 + 1),  # one, three and four gates
    "memory_network": 5 * 26 * 32 + 4 * 8 * 32 + (32 * 6 + 6),  # tables, places of the sentences, answers
    **{
        name: sum(
            (
                letters * half + 2 * 3 * half * (half + half + 2),  # reads both ways
                symbols * half + 3 * 2 * half * (half + 2 * half + 2 * half + 2),  # what is written, and the cell
                2 * (2 * half) ** 2 + 2 * 2 * half,  # attention
                2 * 2 * half * symbols + symbols,
            )
        )
        for name, letters, symbols, half in (("translate_dates", 37, 13, 32), ("letters_to_sounds", 31, 43, 48))
    },
    "caption": sum(9 * before * after + 2 * after for before, after in ((3, 24), (24, 32), (32, 48)))
    + 64 * 48  # places
    + 26 * 32  # words
    + (96 * 64 + 64 + 48 * 64 + 64)  # attention
    + 4 * 96 * (32 + 48 + 96 + 2)
    + ((96 + 48) * 26 + 26),
    "vqa": sum(9 * before * after + 2 * after for before, after in ((3, 24), (24, 32), (32, 64)))
    + 64 * 64  # places
    + 27 * 32  # words
    + 3 * 64 * (32 + 64 + 2)
    + 2 * (64 * 64 + 64 + 64 * 64 + 64)  # attention, twice
    + 2 * (64 * 64 + 64)  # what weighs, and what counts
    + (3 * 64 * 128 + 128)
    + (128 * 21 + 21),
    "glimpse": (9 * 16 + 9 * 16 * 24 + 2 * (16 + 24))  # the coarse view
    + (96 * 32 + 32 + 24 * 32 + 32)  # attention
    + (96 + 1)
    + (9 * 16 + 16)
    + (9 * 16 * 24 + 24)
    + (24 * 36 * 96 + 96)
    + (144 * 32 + 32)  # the glance
    + 3 * 96 * (96 + 3 + 32 + 96 + 2)
    + (96 * 10 + 10),
    "video_3d": sum(27 * before * after + 2 * after for before, after in ((1, 12), (12, 24), (24, 32))) + (32 * 8 + 8),
    "video_cnn_lstm": sum(9 * before * after + 2 * after for before, after in ((2, 12), (12, 24), (24, 32)))
    + 4 * 64 * (32 + 64 + 2)
    + (64 * 8 + 8),
    "speech_ctc": (5 * 40 * 64 + 64) + 2 * (5 * 64 * 64 + 64) + (64 * 21 + 21),
    "wavenet_tones": 64 * 24
    + 7 * (2 * (2 * 24 * 24 + 24) + 2 * (24 * 24 + 24))  # filter and gate, and the two that mix
    + (24 * 64 + 64)
    + (64 * 64 + 64),
    "bilstm_tagger": 10_000 * 100 + 2 * 4 * 100 * (100 + 100 + 2) + (200 * 9 + 9),
    "transformer": sum(
        (
            2 * 8000 * 128,  # words of both languages
            2 * (4 * (128 * 128 + 128) + (128 * 512 + 512) + (512 * 128 + 128) + 2 * 2 * 128),  # encoder
            2 * (2 * 4 * (128 * 128 + 128) + (128 * 512 + 512) + (512 * 128 + 128) + 3 * 2 * 128),  # decoder
            128 * 8000 + 8000,
        )
    ),
}
ZOO = {
    "alexnet": zoo.alexnet(),
    "vgg16": zoo.vgg16(),
    "googlenet": zoo.googlenet(auxiliary=False),
    **{f"resnet{layers}": zoo.resnet(layers) for layers in (18, 34, 50, 101, 152)},
}


@cache
def compiled(name: str) -> CompiledNet:
    """A template as a net."""
    return compile_net(load(name))


def summary(project: Project) -> Summary:
    """Its table."""
    return summary_of(infer(project).main)


def sizes(net: CompiledNet) -> dict[str, tuple[int, ...]]:
    """Names and sizes of its weights and buffers, without making room for them."""
    with torch.device("meta"):
        return {name: tuple(value.shape) for name, value in net.model().state_dict().items()}


def with_auxiliary() -> Project:
    """GoogLeNet with its auxiliary classifiers switched on."""
    project = load("googlenet")
    outputs = [node for node in project.graph.nodes.values() if node.bypassed]
    assert [node.name for node in outputs] == ["aux1_scores", "aux2_scores"]
    return replace(project, graph=project.graph.with_nodes(*(replace(node, bypassed=False) for node in outputs)))


def test_every_template_has_its_number() -> None:
    """Fails if a template ships whose weights nobody has counted, or that cannot be made anew."""
    assert {*PUBLISHED, *COUNTED} == set(names()) == set(TEMPLATES)


@pytest.mark.parametrize("name", names())
def test_numbers_of_weights(name: str) -> None:
    """Fails if a drawing is not exactly the published net: in the table, and in what torch makes of it."""
    published = {**PUBLISHED, **COUNTED}[name]
    assert summary(load(name)).parameters == published
    with torch.device("meta"):
        assert sum(value.numel() for value in compiled(name).model().parameters()) == published


def test_deepface_has_the_weights_the_paper_speaks_of() -> None:
    """Fails if the sizes are not those of figure 2, or the share of the last layers is not what the paper says."""
    table = {row.path: row for row in summary(load("deepface")).rows}
    figure = {"c1": (32, 142, 142), "m2": (32, 71, 71), "c3": (16, 63, 63), "l4": (16, 55, 55), "l5": (16, 25, 25)}
    for name, shape in {**figure, "l6": (16, 21, 21), "f7": (4096,), "f8": (4030,)}.items():
        assert table[name].output is not None
        assert table[name].output.sizes == shape
    local_and_full = sum(table[name].parameters for name in ("l4", "l5", "l6", "f7", "f8"))
    assert local_and_full > 0.95 * summary(load("deepface")).parameters  # "more than 95 % come from" these


def test_auxiliary_classifiers_can_be_switched_on() -> None:
    """Fails if GoogLeNet with its helpers is not the one that torch's model zoo trained."""
    project = with_auxiliary()
    assert summary(project).parameters == 13_004_888
    net = compile_net(project)
    assert [output.node for output in net.plan.outputs] == ["fc", "aux1", "aux2"]
    assert {name.replace(".", "_"): shape for name, shape in sizes(net).items()} == {
        name.replace(".", "_"): shape for name, shape in zoo.googlenet().items()
    }


@pytest.mark.parametrize("name", ZOO)
def test_weights_stand_in_the_order_of_the_model_zoo(name: str) -> None:
    """Fails if a layer is missing, or stands at another place than in the files that should load."""
    ours = [(key.rsplit(".", 1)[-1], shape) for key, shape in sizes(compiled(name)).items()]
    theirs = [(key.rsplit(".", 1)[-1], shape) for key, shape in ZOO[name].items()]
    assert ours == theirs


@pytest.mark.parametrize("name", [name for name in ZOO if name in PUBLISHED])
def test_the_list_of_names_has_the_published_number_of_weights(name: str) -> None:
    """Fails if the names and sizes that the tests compare with are wrong themselves."""
    buffers = ("running_mean", "running_var", "num_batches_tracked")
    assert sum(prod(shape) for key, shape in ZOO[name].items() if not key.endswith(buffers)) == PUBLISHED[name]


@pytest.mark.parametrize("name", names())
def test_templates_give_what_they_declare(name: str) -> None:
    """Fails if a drawing that ships cannot run."""
    net = compiled(name)
    packs = "pack_padded_sequence(" in net.source.text  # by lengths, which are numbers and so have to be there
    with torch.device("cpu" if packs else "meta"):
        inputs = [
            torch.zeros(2, *entry.shape.sizes, dtype=torch.long if entry.shape.dtype == "int" else torch.float32)
            for entry in net.plan.inputs
        ]
        outputs = net.outputs(net.model()(*inputs))
    count = 2 if inputs else 1  # where nothing arrives, nobody says how many samples there are
    assert {key: tuple(value.shape) for key, value in outputs.items()} == {
        entry.key: (count, *entry.shape.sizes) for entry in net.plan.outputs
    }


@pytest.mark.parametrize("name", names())
def test_each_has_a_title_and_one_sentence_with_its_source(name: str) -> None:
    """Fails if the list of templates would not say what one is and who invented it."""
    project = load(name)
    assert re.search(r"\([A-Z][^()]* (19|20)\d\d\b[^()]*\)", project.about)
    assert project.about.endswith(".")
    assert 4 <= len(project.title) <= 40


@pytest.mark.parametrize("name", names())
def test_templates_are_what_their_script_writes(name: str) -> None:
    """Fails if a template was changed by hand; change it in tools/templates and run that."""
    made, shipped = TEMPLATES[name](), load(name)
    assert (made.title, made.about, made.recipe) == (shipped.title, shipped.about, shipped.recipe)
    assert unplaced(made.graph) == unplaced(shipped.graph)
    assert list(made.blocks) == list(shipped.blocks)
    for block, theirs in made.blocks.items():
        mine = shipped.blocks[block]
        assert (unplaced(mine.graph), mine.exposed, mine.note) == (unplaced(theirs.graph), theirs.exposed, theirs.note)


def unplaced(graph: Graph) -> Graph:
    """The graph without the places on the canvas."""
    return Graph.of([replace(node, position=(0.0, 0.0)) for node in graph.nodes.values()], graph.wires)


@pytest.mark.parametrize("name", names())
def test_nodes_do_not_lie_on_each_other(name: str) -> None:
    """Fails if a drawing that ships opens as a heap."""
    project = load(name)
    for graph in (project.graph, *(block.graph for block in project.blocks.values())):
        places = [node.position for node in graph.nodes.values()]
        for number, (x, y) in enumerate(places):
            assert all(abs(x - a) >= 190 or abs(y - b) >= 60 for a, b in places[:number])


def test_a_template_is_found_by_its_other_name() -> None:
    """Fails if the name by which a course calls a net leads nowhere, or such a name hides a template."""
    opened, path = open_file_or_template("autoencoder")
    assert path is None
    assert opened.project == load("autoencoder_digits")
    assert open_file_or_template("lenet")[0].project == load("lenet_digits")
    assert not set(ALSO) & set(names())
    assert set(ALSO.values()) <= set(names())


@pytest.mark.parametrize("name", sorted(set(names()) - {"vgg16", "resnet101", "resnet152"}))
def test_no_drawing_that_trains_names_a_metric_that_it_cannot_measure(name: str) -> None:
    """Fails if the recipe of a template says accuracy, or anything else, of answers that have none."""
    project = load(name)
    try:
        plan = make_plan(project, infer(project))
    except NotReady:
        return
    if plan.losses:
        assert set(measured(plan)) == set(project.recipe.metrics)
