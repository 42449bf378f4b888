"""``inspect``: every option of every view, and a sentence for one that the view does not have."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from app.cli.main import run
from app.cli.views import of_class
from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.graph.recipe import Recipe
from app.data.source_looks import looked_at
from app.insight import activations, adversarial, attribution, filters
from app.insight.dream import dream
from app.insight.images import load_for
from app.insight.judgement_pictures import confusion_map, hardest_samples
from app.insight.pictures import below_each_other, png, render
from app.insight.samples import load_samples, picture_of, validation_samples
from app.insight.tiles import Tiles
from app.insight.view import Subject
from app.insight.views import views
from app.training.checkpoints import LoadedRun, load_run
from app.training.importing import write_run
from nodes.api.params import Sizes, Switch
from tests.support.drawings import chain, node

Capture = pytest.CaptureFixture[str]
VIEWS = ("filters", "activations", "attribution", "adversarial", "dream", "confusion", "errors")
FLAGS = {
    "sample": "2",
    "channel": "4",
    "method": "saliency",
    "epsilon": "0.3",
    "weight": "bias",
    "show": "strength",
    "target": "7",
    "steps": "3",
    "seed": "5",
    "image": "begin.png",
    "random": "1",
    "part": "train",
    "numbers": "share",
    "count": "5",
    "sort": "norm",
}
DREAM = {  # of that view alone
    "objective": "conv1:1",
    "begin": "3",
    "size": "16",
    "octaves": "2",
    "growth": "2",
    "kind": "pixels",
    "shift": "3",
    "turn": "40",
    "stretch": "0.3",
    "calm": "5",
    "plain": "3",
    "blur": "2",
    "speed": "0.2",
}
FOOLING = {"start": "noise", "other": "a run"}
HAS = {
    "filters": ("weight", "show", "sort"),
    "activations": ("sample", "image"),
    "attribution": ("sample", "image", "channel", "method", "random"),
    "adversarial": ("sample", "image", "channel", "epsilon", "method", "target", "start", "other"),
    "dream": (
        "channel",
        "objective",
        "steps",
        "seed",
        "image",
        "begin",
        "size",
        "octaves",
        "growth",
        "count",
        "kind",
        "shift",
        "turn",
        "stretch",
        "calm",
        "plain",
        "blur",
        "speed",
    ),
    "confusion": ("part", "numbers"),
    "errors": ("part", "count"),
}
OWN = {("adversarial", "method"): "pgd", ("dream", "count"): "2"}  # where a view takes something else than FLAGS says
# What makes a slow view quick enough for a test, and a change so large that many small steps take another way than one.
WITH: dict[str | tuple[str, str], tuple[str, ...]] = {
    "dream": ("--steps", "2"),
    ("adversarial", "method"): ("--epsilon", "0.9"),
    ("adversarial", "start"): ("--target", "7"),
    ("dream", "growth"): ("--steps", "2", "--octaves", "2"),
}
NODE = {"filters": "conv2", "activations": "conv1", "attribution": "fc1", "adversarial": "fc1", "dream": "conv2"}
NODE |= {"confusion": "fc1", "errors": "fc1"}  # about the net as a whole, whatever layer is named


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run: two convolutions with a ReLU between them, ten scores, with the weights they begin with."""
    names = ("conv1", "relu1", "conv2", "flatten", "fc1")
    nodes = [
        node("digits", "Digits", size="8×8"),
        node("conv1", "Conv2d", out_channels=5, kernel_size=3),
        node("relu1", "ReLU"),
        node("conv2", "Conv2d", out_channels=6, kernel_size=3),
        node("flatten", "Flatten"),
        node("fc1", "Linear", out_features=10),
        node("loss", "CrossEntropyLoss"),
    ]
    wires = [*chain("digits.image", *names, "loss.prediction"), Wire("digits", "label", "loss", "target")]
    project = Project("Small", graph=Graph.of(nodes, wires), recipe=replace(Recipe(), seed=4))
    net = compile_net(project)
    place = tmp_path_factory.mktemp("inspect") / "run"
    write_run(place, net, net.model(seed=4), project.recipe)
    return place


@pytest.fixture(scope="module")
def known(folder: Path) -> LoadedRun:
    return load_run(folder)


def written(folder: Path, view: str, out: Path, *flags: str) -> bytes:
    assert run(["inspect", str(folder), "--view", view, "--node", NODE[view], "-o", str(out), *flags]) == 0
    return out.read_bytes()


def by_hand(loaded: LoadedRun, view: str, **options: object) -> tuple[Tiles, ...]:
    """What the library makes with that option, asked directly."""
    net, model, held = loaded.net, loaded.model, validation_samples(loaded)
    fields, labels = held.at(0, held.count), held.classes
    if "image" in options and view != "dream":
        fields = dict(picture_of(loaded, str(options.pop("image"))).fields)
    match view:
        case "filters":
            return (filters.filters(net, model, NODE[view], **options),)  # type: ignore[arg-type]
        case "activations":
            return (activations.activations(net, model, fields, NODE[view], labels=labels, **options),)  # type: ignore[arg-type]
        case "attribution":
            return (attribution.attribution(net, model, fields, NODE[view], labels=labels, **options),)  # type: ignore[arg-type]
        case "confusion":
            part, shares = str(options.get("part", "validation")), options.get("numbers") == "share"
            return (confusion_map(Subject(net, model, held), part, shares),)
        case "errors":
            part, count = str(options.get("part", "validation")), int(str(options.get("count", 24)))
            return (hardest_samples(Subject(net, model, held), part, count),)
        case "dream":
            image = options.pop("image", None)
            start = load_for(net, str(image)) if image else None
            begin = options.pop("begin", None)
            if begin is not None:
                start = load_samples(net, loaded.project.recipe).fields["digits.image"][int(str(begin))].numpy()
            if "size" in options:
                options["size"] = (int(str(options["size"])),) * 2
            options = {"steps": 2, **options}
            first, *_, last = dream(net, model, NODE[view], image=start, **options)  # type: ignore[arg-type]
            channel = options.get("channel")
            unit = NODE[view] if channel is None else f"{NODE[view]}, channel {channel}"
            begun = Path(str(image)).name if image else "noise" if begin is None else f"sample {begin}"
            octave = " Octave 2 of 2." if last.octaves == 2 else ""
            note = (
                f"Begun with {begun}. "
                f"Score {first.score:.2f} at the start, {last.score:.2f} after {last.steps} steps.{octave}"
            )
            labels = ("picture 1", "picture 2") if "count" in options else ()
            title = f"What excites {options.get('objective', unit)}"
            return (Tiles(last.images, 0.0, 1.0, "gray", title, labels, note=note),)
    options = {"label" if name == "channel" else name: value for name, value in options.items()}
    other = options.pop("other", None)
    made = adversarial.attack(net, model, fields, **options)  # type: ignore[arg-type]
    told = (adversarial.told_by(net, made, str(other), labels),) if other else ()
    return made.tiles(labels), *made.bars(labels), *told


@pytest.mark.parametrize(("view", "flag"), [(view, flag) for view in VIEWS for flag in HAS[view]])
def test_every_flag_does_what_the_view_does_with_it(
    view: str, flag: str, folder: Path, known: LoadedRun, tmp_path: Path
) -> None:
    """Fails if a flag is read and passed over, or goes to another setting than the one of its name."""
    torch.manual_seed(0)
    said = OWN.get((view, flag)) or (FLAGS | DREAM | FOOLING)[flag]
    if flag == "other":
        said = str(folder)
    if flag == "image":
        said = str(tmp_path / said)
        Image.fromarray(np.random.default_rng(1).integers(0, 255, (8, 8), np.uint8)).save(said)
    beside = WITH.get((view, flag), WITH.get(view, ()))
    plain = written(folder, view, tmp_path / "plain.png", *beside)
    given = written(folder, view, tmp_path / "given.png", *beside, f"--{flag}", said)
    assert plain != given
    value: object = said
    if flag in ("sample", "channel", "target", "steps", "seed", "random", "count", "begin", "size", "octaves", "shift"):
        value = int(said)
    elif flag in ("epsilon", "growth", "turn", "stretch", "calm", "plain", "blur", "speed"):
        value = float(said)
    options: dict[str, object] = {flag: value}
    if (view, flag) in WITH:
        options |= {"method": {"epsilon": 0.9}, "start": {"target": 7}, "growth": {"octaves": 2}}[flag]
    pictures = [render(tiles) for tiles in by_hand(known, view, **options)]
    expected = np.asarray(Image.open(io.BytesIO(png(below_each_other(pictures)))))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(given))), expected)


@pytest.mark.parametrize(("view", "flag"), [(view, flag) for view in VIEWS for flag in FLAGS if flag not in HAS[view]])
def test_a_flag_of_another_view_is_told(view: str, flag: str, folder: Path, tmp_path: Path, capsys: Capture) -> None:
    """Fails if a flag without effect is passed over in silence, gives a traceback, or leaves a picture behind."""
    out = tmp_path / "o.png"
    flags = ["--node", NODE[view], f"--{flag}", FLAGS[flag]]
    assert run(["inspect", str(folder), "--view", view, "-o", str(out), *flags]) == 2
    said = capsys.readouterr().err.strip()
    assert said.startswith(f"The view {view} has no option {flag}; that is for ")
    assert said.endswith(f"It has: {', '.join(param.name for param in views()[view].asked)}.")
    assert "\n" not in said
    assert not out.exists()


def test_these_views_have_these_options_and_no_others() -> None:
    """Fails if an option is added to one of these views without a flag that is tested here."""
    declared = {name: {param.name for param in views()[name].asked} for name in HAS}
    assert declared == {view: set(names) for view, names in HAS.items()}


QUICK = {
    "steps": "4",
    "samples": "12",
    "pieces": "6",
    "starts": "2",
    "count": "6",
    "episodes": "1",
}  # where a view takes its time


# What a view needs that is not about pictures: a template.
OTHER_NET = {
    "truth": "perceptron",
    "copies": "denoising_autoencoder",
    "code_arithmetic": "face_arithmetic",
    "coarse_to_fine": "lapgan_digits",
    "walk": "variational_autoencoder",
    "generated": "variational_autoencoder",
    "pair": "gan_points",
    "play": "dqn_gridworld",
    "masks": "segment",
    "pairs": "siamese",
    "members": "ensemble",
    "board": "alphazero_tictactoe",
    "boxes": "localise",
    "detections": "detect",
    "predicted": "age",
    "modalities": "fusion",
    "keypoints": "keypoints",
    "cooccurrence": "word_vectors_svd",
    "nearest_words": "word_vectors_svd",
    "word_analogy": "skipgram",
    "sentence": "sentiment_lstm",
    "word_map": "word_vectors_svd",
    "forecast": "forecast_lstm",
    "hops": "memory_network",
    "memory_curve": "echo",
    "written_names": "names_writer",
    "surface": "moons",
    "translated": "translate_dates",
    "captions": "caption",
    "asked": "vqa",
    "clip": "video_cnn_lstm",
    "glimpses": "glimpse",
    "alignment": "speech_ctc",
    "sound": "speech_ctc",
    "continued": "wavenet_tones",
}


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run whose net reads a text step by step, with an attention and a memory."""
    place = tmp_path_factory.mktemp("reading")
    (place / "t.txt").write_text("The quick brown fox. " * 40)
    nodes = [
        node("text", "TextFile", path=str(place / "t.txt"), window=12),
        node("embed", "Embedding", embedding_dim=8),
        node("encode", "TransformerEncoderLayer", nhead=2, dim_feedforward=8),
        node("conv2", "LSTM", hidden_size=6),
        node("fc", "Linear", out_features=30),
        node("loss", "CrossEntropyLoss"),
    ]
    wires = [*chain("text.text", "embed", "encode", "conv2", "fc", "loss.prediction")]
    project = Project("Reading", graph=Graph.of(nodes, [*wires, Wire("text", "next", "loss", "target")]))
    net = compile_net(looked_at(project))
    write_run(place / "run", net, net.model(seed=4), project.recipe)
    return place / "run"


OF_SEQUENCES = ("gates", "attention", "letters")


@pytest.mark.parametrize("view", sorted(set(views()) - set(HAS)))
def test_every_other_view_writes_a_picture_and_takes_its_flags(
    view: str, folder: Path, reading: Path, tmp_path: Path
) -> None:
    """Fails if a view that is in the window cannot be had without one, or if a flag of it is refused."""
    out = tmp_path / "seen.png"
    folder = reading if view in OF_SEQUENCES else folder
    flags = []
    for param in views()[view].asked:
        match param:
            case Switch():
                usual = "yes" if param.default else "no"
            case Sizes():
                usual = ",".join(map(str, param.default))
            case _:
                usual = param.format(param.default)
        value = QUICK.get(param.name, usual)
        flags += [f"--{param.name.replace('_', '-')}", value]
    if view == "style":
        Image.fromarray(np.tile(np.array([0, 255], np.uint8), (8, 4))).save(tmp_path / "paint.png")
        flags[flags.index("--style") + 1] = str(tmp_path / "paint.png")
    name = ["--node", "conv2"] if views()[view].about == "layer" or view == "letters" else []
    what = OTHER_NET.get(view, str(folder))
    assert run(["inspect", what, "--view", view, "-o", str(out), *name, *flags]) == 0
    assert np.asarray(Image.open(out)).std() > 0


@pytest.mark.parametrize(
    ("flags", "status", "words"),
    [
        (("--view", "attribution", "--method", "magic"), 2, "--method must be one of integrated, saliency"),
        (("--view", "attribution", "--channel", "99"), 1, "has no channel 99; it has 10"),
        (("--view", "adversarial", "--channel", "3", "--target", "4"), 1, "but not both"),
        (("--view", "dream", "--steps", "0"), 2, "--steps must be a whole number from 1 to 100,000, but it is 0"),
        (("--view", "dream", "--image", "/nowhere/cat.png"), 1, "There is no file /nowhere/cat.png"),
        (("--view", "adversarial", "--channel", "99"), 1, "There is no class 99"),
        (("--view", "adversarial", "--epsilon", "2"), 2, "--epsilon must be a number above 0 to 1, but it is 2"),
        (("--view", "adversarial", "--epsilon", "nan"), 2, "--epsilon must be a number above 0 to 1, but it is nan"),
        (("--view", "adversarial", "--epsilon", "much"), 2, "--epsilon must be a number"),
        (("--view", "filters", "--weight", "gain"), 1, "has no weight gain; it has weight, bias"),
        (("--view", "filters", "--show", "nicely"), 2, "--show must be one of auto, kernels, strength, mean"),
        (("--view", "activations", "--sample", "99999"), 1, "There is no validation sample 99999"),
        (("--view", "activations", "--sample", "-1"), 2, "--sample must be a whole number from 0 "),
        (("--view", "attribution", "--channel", "two"), 2, "--channel must be a whole number"),
    ],
)
def test_a_value_that_a_flag_cannot_take_is_told(
    flags: tuple[str, ...], status: int, words: str, folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    """Fails if a wrong value gives a traceback, another picture, or a sentence that names no remedy."""
    node_flags = ("--node", "fc1")
    assert run(["inspect", str(folder), *flags, *node_flags, "-o", str(tmp_path / "o.png")]) == status
    said = capsys.readouterr().err.strip()
    assert words in said
    assert "\n" not in said
    assert not (tmp_path / "o.png").exists()


def test_a_class_is_asked_about_by_number_or_name(folder: Path, tmp_path: Path, capsys: Capture) -> None:
    """Fails if --class is not the channel of the view, a name leads to another class, or nonsense is taken."""
    made = []
    for flag in ("--channel", "--class"):
        out = tmp_path / f"{flag}.npz"
        assert run(["inspect", str(folder), "--view", "saliency", flag, "4", "-o", str(out)]) == 0
        made.append(np.load(out)["maps"])
    assert np.array_equal(*made)
    assert of_class("efficientnet_lite0", "gradcam", {}, "daisy") == {"channel": "985"}  # as ImageNet counts
    for rest, sentence in (
        (("--view", "saliency", "--class", "cat"), "There is no class 'cat'. There are: 0, 1, 2"),
        (("--view", "saliency", "--class", "1", "--channel", "2"), "say the same"),
        (("--view", "confusion", "--class", "1"), "The view confusion is not about one class. --class is for "),
    ):
        capsys.readouterr()
        assert run(["inspect", str(folder), *rest, "-o", str(tmp_path / "x.png")]) == 2
        assert sentence in capsys.readouterr().err


def test_help_says_which_view_a_flag_belongs_to(capsys: Capture) -> None:
    """Fails if somebody has to try which flags go together, or to guess what a view shows."""
    assert run(["inspect", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    for each in views().values():
        assert f" {each.name} {each.title}. {each.help}" in said
    for view in ("attribution", "adversarial", "filters", "dream"):
        assert f"{view}:" in said
    for word in (*attribution.METHODS, *filters.SHOWS):
        assert word in said
