"""Which view a drawing is fitted by."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from app.core.compile.plan import make_plan
from app.core.graph.model import Graph, Project, Wire
from app.core.storage.templates import load
from app.insight.fitting import best_view
from tests.support.drawings import chain, node

FITTING = {
    "alphazero_tictactoe": "board",
    "autoencoder_digits": "copies",
    "caption": "captions",
    "dcgan_digits": "generated",
    "detect": "detections",
    "dqn_cartpole": "play",
    "ensemble": "members",
    "forecast_lstm": "forecast",
    "fusion": "modalities",
    "gan_points": "pair",
    "glimpse": "glimpses",
    "keypoints": "keypoints",
    "lapgan_digits": "coarse_to_fine",
    "localise": "boxes",
    "moons": "surface",
    "names_writer": "written_names",
    "perceptron": "truth",
    "segment": "masks",
    "siamese": "pairs",
    "sigmoid_circuit": "backpropagation",
    "skipgram": "word_map",
    "speech_ctc": "alignment",
    "style": "style",
    "translate_dates": "translated",
    "variational_autoencoder": "generated",
    "vanishing_gradient": "gradient_flow",
    "video_3d": "clip",
    "vqa": "asked",
    "wavenet_tones": "continued",
}


@pytest.mark.parametrize("template", FITTING)
def test_a_drawing_is_fitted_by_the_view_of_what_it_answers(template: str) -> None:
    """Fails if Look inside opens a game, a detector or a generator on what is said of classifiers."""
    assert best_view(make_plan(load(template))) == FITTING[template]


@pytest.mark.parametrize("template", ["lenet_digits", "mlp_digits", "efficientnet_lite0", "logistic_regression"])
def test_a_plain_classifier_asks_for_nothing_particular(template: str) -> None:
    """Fails if a view says that it fits whatever is drawn."""
    assert best_view(make_plan(load(template))) is None


def test_a_drawing_of_ones_own_is_fitted_by_what_its_losses_compare() -> None:
    """Fails if templates are known by name, or by the layers that they happen to have."""
    nodes = [node("x", "Digits", size="8×8"), node("conv", "Conv2d", out_channels=1, kernel_size=3, padding=1)]
    nodes.append(node("loss", "MSELoss"))
    wires = [*chain("x.image", "conv", "loss.prediction"), Wire("x", "image", "loss", "target")]
    project = Project(graph=Graph.of(nodes, wires))
    assert best_view(make_plan(project)) == "copies"
    named = load("segment")
    assert best_view(make_plan(replace(named, title="Something else"))) == "masks"


def test_asking_what_fits_loads_neither_torch_nor_numpy() -> None:
    """Fails if the window has to wait for torch before it knows which view to open."""
    said = (
        "import sys; from app.core.compile.plan import make_plan; from app.core.storage.templates import load; "
        "from app.insight.fitting import best_view; print(best_view(make_plan(load('lenet_digits'))));"
        "print('torch' in sys.modules, 'numpy' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["None", "False", "False"]
