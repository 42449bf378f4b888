"""Several nets in one drawing, each alone and averaged, next to plain torch."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import torch
from torch.nn import functional

from app.core.storage.templates import load
from app.insight.members_picture import EnsembleVotes, members_of
from app.insight.part_predictions import parts_for
from app.insight.tiles import NoPicture
from app.insight.view import Look
from app.insight.view_runner import views
from tests.insight.test_generative import looked


@pytest.fixture(scope="module")
def look() -> Look:
    return looked(load("ensemble"))


def validation(look: Look) -> dict[str, torch.Tensor]:
    """All of the validation samples, by field."""
    pieces = [batch for _, batch in parts_for(look.net).read(parts_for(look.net).index("validation"))]
    return {name: torch.cat([each[name] for each in pieces]) for name in pieces[0]}


def test_each_net_and_their_mean_are_those_of_torch(look: Look) -> None:
    """Fails if a net is left out, the scores are averaged in the place of probabilities, or the samples are others."""
    batch = validation(look)
    right = batch["digits.label"]
    weights = look.model.state_dict()
    chances = []
    for number in range(1, 8):
        one, two = (f"net{number}.fc{layer}" for layer in (1, 2))
        x = functional.linear(batch["digits.image"].flatten(1), weights[f"{one}.weight"], weights[f"{one}.bias"])
        scores = functional.linear(x.tanh(), weights[f"{two}.weight"], weights[f"{two}.bias"])
        chances.append((scores - scores.logsumexp(1, keepdim=True)).exp())
    seen = members_of(look.subject, "validation")
    assert seen.names == tuple(f"loss{number}" for number in range(1, 8))
    assert np.allclose(seen.chances, torch.stack(chances).numpy(), atol=1e-5)
    alone = [float((each.argmax(1) == right).float().mean()) for each in chances]
    both = float((sum(chances).argmax(1) == right).float().mean())  # type: ignore[union-attr]
    assert seen.alone == pytest.approx(alone)
    assert seen.together(tuple(range(7))) == pytest.approx(both)
    (tiles,) = views()["members"].pictures(look, {})
    assert f"all 7 together {100 * both:.1f} %" in tiles.note
    assert tiles.plot is not None
    assert tiles.plot.points[:, 1] == pytest.approx([100 * each for each in alone], abs=1e-3)
    assert tiles.plot.lines[0].points[-1, 1] == pytest.approx(100 * both, abs=1e-3)


def test_the_drawing_averages_as_the_view_does(look: Look) -> None:
    """Fails if the accuracy that the training tells is not that of all together."""
    from app.core.compile.decision import decision_of

    decision = decision_of(look.net.plan)
    assert decision is not None
    assert look.net.plan.outputs[decision.output].node == "log"
    batch = validation(look)
    with torch.no_grad():
        outputs = look.net.outputs(look.model(*look.net.inputs_from(batch)))
    drawn = (outputs["log.output"].argmax(1) == batch["digits.label"]).float().mean()
    assert float(drawn) == pytest.approx(members_of(look.subject, "validation").together(tuple(range(7))))


def test_all_choices_of_some_are_averaged() -> None:
    """Fails if choices are missing or counted twice, or the mean of one is not that net itself."""
    random = np.random.default_rng(0)
    seen = EnsembleVotes(tuple("abcd"), random.random((4, 50, 3)), random.integers(0, 3, 50), 50)
    for size in (1, 2, 3, 4):
        expected = [
            float((seen.chances[list(some)].sum(0).argmax(1) == seen.right).mean())
            for some in combinations(range(4), size)
        ]
        assert seen.groups(size) == expected
    assert seen.groups(1) == seen.alone.tolist()
    many = EnsembleVotes(tuple("abcdefghijklmnopqrst"), random.random((20, 5, 3)), random.integers(0, 3, 5), 5)
    assert len(many.groups(10)) == 60


@pytest.mark.parametrize("template", ["mlp_digits", "autoencoder_digits", "gan_points"])
def test_a_drawing_without_several_nets_says_what_is_missing(template: str) -> None:
    """Fails if one net is called an ensemble, or nothing is said."""
    with pytest.raises(NoPicture, match="several nets"):
        views()["members"].pictures(looked(load(template)), {})
