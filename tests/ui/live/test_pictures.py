"""Pictures of nets: before, during and after a training, without disturbing it."""

from __future__ import annotations

import time
import weakref
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from app.core.commands import SetNodeField, SetSetting
from app.core.compile.net import compile_net
from app.core.graph.model import MAIN, Graph, Project
from app.core.graph.recipe import Recipe
from app.insight import samples
from app.training.events import BatchDone, Probed
from app.ui.insight import view_scheduler as looker_module
from app.ui.insight.slow_views import SlowViewState
from app.ui.insight.views import (
    NothingToShow,
    SampleStrip,
    StripsOf,
    Thumbnails,
    ViewOf,
    ViewPictures,
    ViewRequest,
)
from tests.support.drawings import chain
from tests.support.drawings import node as drawn
from tests.ui.live.conftest import Make
from tests.ui.live.desk import LONG, Desk


class Seen:
    """What the looker has shown, by key."""

    def __init__(self, here: Desk) -> None:
        self.here = here
        self.of: dict[str, list[Any]] = {}

    def show(self, key: str, request: ViewRequest | None) -> None:
        """Ask for something under this key."""
        self.here.session.looker.show(key, request, self._take)

    def _take(self, key: str, content: object) -> None:
        self.of.setdefault(key, []).append(content)

    def next(self, key: str) -> Any:
        """The next content that comes under this key."""
        count = len(self.of.get(key, []))
        self.here.until(lambda: len(self.of.get(key, [])) > count)
        return self.of[key][-1]


def test_before_a_training_the_fresh_weights_are_shown(desk: Make) -> None:
    """Fails if a panel stays blank until something is trained, or shows random numbers as if they were learned."""
    here = desk("lenet_digits")
    seen = Seen(here)
    seen.show("filters", ViewOf("filters", "conv1"))
    waiting = seen.next("filters")
    assert isinstance(waiting, NothingToShow)
    assert "loading" in waiting.sentence
    here.session.load_torch()
    shown = seen.next("filters")
    assert isinstance(shown, ViewPictures)
    assert shown.tiles.maps.shape == (6, 5, 5)
    assert "random" in shown.caption


def test_an_edit_gives_new_pictures(desk: Make) -> None:
    """Fails if the panel goes on showing the net as it was before the edit."""
    here = desk("lenet_digits")
    here.load_torch()
    seen = Seen(here)
    seen.show("filters", ViewOf("filters", "conv1"))
    seen.next("filters")
    here.qdocument.do(SetSetting(MAIN, ("conv1",), "out_channels", 9))
    assert seen.next("filters").tiles.maps.shape == (9, 5, 5)
    here.qdocument.do(SetSetting(MAIN, ("conv1",), "kernel_size", (40, 40)))
    broken = seen.next("filters")
    assert isinstance(broken, NothingToShow)
    assert "conv1" in broken.sentence


def test_pictures_follow_the_training_and_then_show_its_end(desk: Make) -> None:
    """Fails if the pictures stand still while it learns, or fall back to random weights when it is over."""
    here = desk("lenet_digits", epochs=LONG)
    here.load_torch()
    seen = Seen(here)
    here.session.train()
    here.until(lambda: len(here.of(BatchDone)) > 3)
    seen.show("filters", ViewOf("filters", "conv1"))
    first, second = seen.next("filters"), seen.next("filters")
    assert first.caption.startswith("in epoch")
    assert not np.array_equal(first.tiles.maps, second.tiles.maps)
    here.session.stop()
    ended = here.until_ended()
    last = seen.of["filters"][-1] if "trained" in seen.of["filters"][-1].caption else seen.next("filters")
    assert last.caption.startswith("trained for")
    from app.training.checkpoints import load_run

    kept = load_run(Path(ended.run)).model.state_dict()["conv1.weight"]
    assert np.array_equal(last.tiles.maps, kept[:, 0].numpy())


def test_a_pause_still_answers(desk: Make) -> None:
    """Fails if choosing another layer or digit in a pause shows nothing before the training goes on."""
    here = desk("lenet_digits", epochs=LONG)
    here.load_torch()
    seen = Seen(here)
    here.session.step()
    here.until(lambda: here.of(BatchDone))
    for node in ("conv1", "pool2", "fc3"):
        seen.show("activations", ViewOf("activations", node, 3))
        shown = seen.next("activations")
        assert isinstance(shown, ViewPictures)
        assert shown.tiles.title.startswith(node)
    assert len(here.of(BatchDone)) == 1
    here.session.stop()
    here.until_ended()


def learned(here: Desk, looks: bool) -> dict[str, Any]:
    """The weights after a short training, with or without somebody looking all the time."""
    here.load_torch()
    if looks:
        seen = Seen(here)
        seen.show("filters", ViewOf("filters", "fc1"))
        seen.show("activations", ViewOf("activations", "dropout1", 0))
        seen.show("samples", SampleStrip())
    if looks:
        here.session.step()  # it waits for those who look: else it might be over before they come
        here.until(lambda: here.of(Probed))
        here.session.slow.start(dream("fc2", 3, steps=20), id, id)
    here.session.train()
    ended = here.until_ended()
    assert bool(here.of(Probed)) is looks
    here.until(lambda: not here.session.slow.busy)
    from app.training.checkpoints import load_run

    return dict(load_run(Path(ended.run)).model.state_dict())


def test_looking_does_not_change_what_is_learned(desk: Make) -> None:
    """Fails if pictures draw from the training's random numbers, leave evaluation mode on, or touch the weights."""
    unseen, seen = (learned(desk("mlp_digits", epochs=6), looks) for looks in (False, True))
    assert unseen.keys() == seen.keys()
    for name, values in unseen.items():
        assert values.equal(seen[name]), name


def test_a_panel_that_is_not_seen_costs_the_training_nothing(desk: Make) -> None:
    """Fails if pictures are made although nobody asks for any."""
    here = desk("mlp_digits", epochs=30)
    here.session.train()
    here.until_ended()
    assert not here.of(Probed)


def test_samples_are_the_held_out_ones_and_carry_their_names(desk: Make) -> None:
    """Fails if the student is shown digits that were learned from, or names that belong to other digits."""
    here = desk("mlp_digits", seed=5)
    here.load_torch()
    seen = Seen(here)
    seen.show("samples", SampleStrip())
    samples = seen.next("samples")
    assert isinstance(samples, Thumbnails)
    from sklearn.datasets import load_digits
    from torch import as_tensor

    from app.data.splits import split

    pixels, labels = load_digits(return_X_y=True)
    _, validation = split(len(labels), 0.2, 5, as_tensor(labels))
    chosen = validation[: len(samples.names)].numpy()
    assert list(samples.names) == [str(labels[index]) for index in chosen]
    assert samples.pictures is not None
    assert np.array_equal(samples.pictures[7].reshape(-1), (pixels[chosen[7]] / 16 * 255).astype(np.uint8))


def test_nodes_without_a_picture_say_why(desk: Make) -> None:
    """Fails if selecting a loss, a muted layer or one that is not wired shows an empty panel or the layer before."""
    here = desk("lenet_digits")
    here.load_torch()
    here.qdocument.do(SetNodeField(MAIN, ("relu1",), "bypassed", True))
    seen = Seen(here)
    for node in ("loss", "relu1", "relu2"):
        seen.show("filters", ViewOf("filters", node))
        content = seen.next("filters")
        assert isinstance(content, NothingToShow), node
        assert node in content.sentence


def dream(node: str, channel: int, **settings: Any) -> ViewOf:
    """A dream of one channel."""
    return ViewOf("dream", node, settings=tuple({"channel": channel, **settings}.items()))


def dreamt_of(here: Desk, wish: ViewOf) -> tuple[list[SlowViewState], str]:
    """The pictures and the last word of a dream."""
    grown: list[SlowViewState] = []
    words: list[str] = []
    here.session.slow.start(wish, grown.append, words.append)
    here.until(lambda: words)
    here.qtbot.wait(50)
    assert len(words) == 1, "a dream has one ending"
    return grown, words[0]


def test_a_dream_grows_to_its_last_step(desk: Make) -> None:
    """Fails if the last picture is not the last step, if the picture does not change, or the score is not kept."""
    here = desk("lenet_digits")
    here.load_torch()
    grown, words = dreamt_of(here, dream("fc3", 3, steps=24))
    assert words == ""
    last = grown[-1]
    assert (last.step, last.steps, len(last.scores)) == (24, 24, 25)
    assert last.scores[-1] > last.scores[0]
    assert last.image.shape == (32, 32)
    assert "random" in last.caption


def test_a_dream_of_nothing_ends_with_a_sentence(desk: Make) -> None:
    """Fails if a channel that does not exist, or a layer that is gone, leaves the panel dreaming for ever."""
    here = desk("lenet_digits")
    here.load_torch()
    for wish in (dream("fc3", 99), dream("nobody", 0), dream("fc3", 0, image="/nowhere/cat.png")):
        grown, words = dreamt_of(here, wish)
        assert not grown
        assert words.endswith(".")
        assert not here.session.slow.busy


def test_a_dream_while_training_has_the_weights_of_that_moment(desk: Make) -> None:
    """Fails if it waits for the end of the training, holds it up, or climbs on weights that change under it."""
    here = desk("lenet_digits", epochs=LONG)
    here.session.train()
    here.until(lambda: here.of(BatchDone))
    grown, words = dreamt_of(here, dream("fc3", 3, steps=30))
    assert words == ""
    assert "with the weights of epoch" in grown[-1].caption
    count = len(here.of(BatchDone))
    here.until(lambda: len(here.of(BatchDone)) > count)
    here.session.stop()
    here.until_ended()


def test_stop_ends_a_dream_with_the_picture_it_has(desk: Make) -> None:
    """Fails if Stop is ignored, or throws the picture away."""
    here = desk("lenet_digits")
    here.load_torch()
    grown: list[SlowViewState] = []
    words: list[str] = []
    run = here.session.slow.start(dream("fc3", 3, steps=100_000), grown.append, words.append)
    here.until(lambda: grown)
    run.stop()
    here.until(lambda: words)
    assert words == [""]
    assert 0 <= grown[-1].step < 100_000


def test_loading_the_samples_does_not_put_the_next_look_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Would fail if the nodes showed the untrained net until a short training was over, because the first look at it,
    which reads the data, was taken for what each look costs."""

    def load(net: object, recipe: object) -> object:
        end = time.thread_time() + 0.2
        while time.thread_time() < end:
            pass
        return None

    monkeypatch.setattr(samples, "load_samples", load)
    monkeypatch.setattr(looker_module, "look_all", lambda views, subject: {})
    look = looker_module._Look({}, looker_module._LazySamples(Recipe()))
    started = time.thread_time()
    look(SimpleNamespace(net=None, model=None, epoch=0, updates=None, progress=0.0))
    assert look.seconds < (time.thread_time() - started) / 2


def test_another_drawing_lets_go_of_the_nets_of_the_last(desk: Make) -> None:
    """Fails if an empty drawing holds the weights of the large one before it until somebody looks at something."""
    here = desk("lenet_digits")
    here.load_torch()
    seen = Seen(here)
    seen.show("a", ViewOf("filters", "conv1"))
    here.until(lambda: here.session._kept._kept)
    held = [weakref.ref(subject.model) for _, subject in here.session._kept._kept.values()]
    seen.show("a", None)
    here.qdocument.new()
    here.until(lambda: not any(model() for model in held))


def test_after_each_single_step_everything_shows_what_it_did(desk: Make) -> None:
    """Fails if the answer to a step shows the weights from before its batch, or if nobody asks again after it."""
    here = desk("lenet_digits", epochs=LONG)
    here.load_torch()
    seen = Seen(here)
    seen.show("filters", ViewOf("filters", "conv1"))
    seen.show("activations", ViewOf("activations", "conv1", 0))
    now: list[np.ndarray] = []

    def weights(view: Any) -> None:
        now.append(view.model.get_parameter("conv1.weight").detach()[:, 0].numpy().copy())

    answers: list[np.ndarray] = []
    for step in range(1, 11):
        here.session.step()
        here.until(lambda step=step: len(here.of(BatchDone)) == step and here.session.state == "paused")
        assert here.session._control is not None
        asked = len(now)
        here.session._control.ask(weights)
        here.until(lambda asked=asked: len(now) > asked)
        here.until(lambda: "filters" in seen.of and np.array_equal(seen.of["filters"][-1].tiles.maps, now[-1]))
        here.until(lambda: not any(np.array_equal(seen.of["activations"][-1].tiles.maps, old) for old in answers))
        answers.append(seen.of["activations"][-1].tiles.maps)
    here.session.stop()
    here.until_ended()


def test_a_step_that_is_held_down_still_shows_pictures(desk: Make) -> None:
    """Fails if pictures wait until F7 is let go, because a step is always granted."""
    here = desk("lenet_digits", epochs=LONG)
    here.load_torch()
    Seen(here).show("filters", ViewOf("filters", "conv1"))
    here.session.step()
    here.until(lambda: here.of(BatchDone))
    here.until(lambda: here.of(Probed))
    control = here.session._control
    assert control is not None
    for _ in range(2000):  # far more than are done before the answer comes
        control.step()
    count = len(here.of(Probed))
    here.session.looker.refresh()
    here.until(lambda: len(here.of(Probed)) > count)
    assert control._steps > 0
    here.session.stop()
    here.until_ended()


def test_constants_alone_show_their_values(desk: Make) -> None:
    """Fails if a drawing that has no samples shows an error instead of its values, or calls them random weights."""
    nodes = [drawn("two", "Constant", value=2.0), drawn("exp", "Exp"), drawn("end", "Output")]
    here = desk(Project(graph=Graph.of(nodes, chain("two", "exp", "end"))))
    here.load_torch()
    seen = Seen(here)
    seen.show("activations", ViewOf("activations", "exp", 3))
    shown = seen.next("activations")
    assert isinstance(shown, ViewPictures)
    assert shown.tiles.maps.item() == pytest.approx(np.exp(2.0))
    assert "random" not in shown.caption
    paper = ((255, 255, 255), (0, 0, 0), (128, 128, 128))
    seen.show("strips", StripsOf(("two", "exp"), frozenset(), 3, (80, 20), paper))
    strips = seen.next("strips")
    assert strips.pictures.keys() == {"two", "exp"}
    assert strips.captions == {"two": "2", "exp": "7.39"}


def test_noise_for_words_uses_the_whole_vocabulary() -> None:
    """Fails if random words are the first two only, or one that the embedding does not know."""
    nodes = [drawn("words", "Input", shape=(50,), dtype="int"), drawn("known", "Embedding", num_embeddings=30)]
    project = Project(graph=Graph.of([*nodes, drawn("end", "Output")], chain("words", "known", "end")))
    tokens = samples.load_samples(compile_net(project), Recipe()).fields["words.output"]
    assert 20 < int(tokens.max()) < 30


def test_weights_set_by_hand_are_not_called_random(desk: Make) -> None:
    """Fails if numbers that somebody chose are said to be random."""
    here = desk("lenet_digits")
    here.load_torch()
    seen = Seen(here)
    layers = ("conv1", "conv2", "fc1", "fc2", "fc3")
    for names, words in ((layers[:1], "random weights, some as set"), (layers, "weights as set")):
        here.qdocument.do(SetSetting(MAIN, names, "init", "constant"))
        seen.show("filters", ViewOf("filters", names[-1]))
        here.until(lambda words=words: seen.of.get("filters") and seen.of["filters"][-1].caption.endswith(f": {words}"))
