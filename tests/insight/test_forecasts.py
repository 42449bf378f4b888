"""Forecasts beside naive ones, against numpy and plain torch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.storage.files import read_text
from app.core.storage.format import to_text
from app.core.storage.templates import load
from app.data.source_looks import looked_at
from app.insight.forecasts import forecast_pictures, found_season
from app.insight.samples import load_samples
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look, Samples, Subject
from app.insight.views import views
from app.training.batches import load as load_data
from tests.support.drawings import chain, node


def small(**settings: object) -> Project:
    project = load("forecast_lstm")
    data = project.graph.nodes["series"]
    return replace(
        project, graph=project.graph.with_nodes(replace(data, params={**data.params, "steps": 400, **settings}))
    )


def seen(
    project: Project, sample: int = 0, **settings: object
) -> tuple[CompiledNet, torch.nn.Module, tuple[Tiles, ...]]:
    net = compile_net(project)
    model = net.model(2)
    look = Look(Subject(net, model, load_samples(net, project.recipe)), sample=sample)
    return net, model, views()["forecast"].pictures(look, settings)


def validation(net: CompiledNet, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The last windows and what followed: the end of the time is held out."""
    fields = load_data(net.plan)
    return fields["series.input"][-count:, :, 0].numpy(), fields["series.target"][-count:].numpy()


def test_errors_are_those_of_the_end_of_the_time() -> None:
    """Fails if the net is measured on windows of the training, a naive forecast takes another value than the last one
    or that of a season before, or errors of different steps are mixed."""
    net, model, (one, errors) = seen(small(), sample=3)
    count = int(errors.title.split(", ")[1].split()[0])
    assert count < 120
    past, truth = validation(net, count)
    with torch.no_grad():
        said = model(torch.from_numpy(past)[..., None]).numpy()
    last = np.stack([past[:, -1]] * 12, 1)
    season = np.stack([past[:, 48 - 24 + step] for step in range(12)], 1)
    assert errors.labels == ("net", "last value", "last season")
    for row, made in zip(errors.maps[0], (said, last, season), strict=True):
        assert np.allclose(row, np.abs(made - truth).mean(0), atol=1e-5)
    assert one.labels == ("past", "truth", "net", "last value", "last season")
    assert np.allclose(one.maps[0, 0, :48], past[3])
    for row, made in zip(one.maps[0, 1:], (truth, said, last, season), strict=True):
        assert np.allclose(row[48:], made[3], atol=1e-5)
        assert row[47] == past[3, -1]
    assert one.at is not None
    assert one.at[47] == 0


def test_it_says_whether_naive_forecasts_are_beaten() -> None:
    """Fails if an untrained net is praised, or a trained one is not."""
    project = small(noise=0.0, window=24, steps=250)
    net, model, (_, before) = seen(project)
    assert before.note.startswith("The net does not beat")
    fields = load_data(net.plan)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(100):
        loss = (model(fields["series.input"]) - fields["series.target"]).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    look = Look(Subject(net, model.eval(), load_samples(net, project.recipe)))
    _, after = forecast_pictures(look, "validation", "auto")
    net_error, *naive = after.maps[0].mean(1)
    assert net_error < min(naive)
    assert after.note.startswith("The net beats last value and last season.")


def test_a_season_longer_than_the_horizon_or_shorter() -> None:
    """Fails if a season that is shorter than what is predicted is not repeated, or one that does not fit is taken."""
    net, _, (_, errors) = seen(small(), season=5)
    count = int(errors.title.split(", ")[1].split()[0])
    past, truth = validation(net, count)
    season = np.stack([past[:, 43 + step % 5] for step in range(12)], 1)
    assert np.allclose(errors.maps[0, 2], np.abs(season - truth).mean(0), atol=1e-5)
    with pytest.raises(NoPicture, match="longer than the window"):
        seen(small(), season=49)


def test_the_season_is_found_where_nobody_says_it() -> None:
    """Fails if a table whose season is nowhere written is compared with another season than its own, or a straight line
    is given one."""
    steps = np.arange(60)
    rows = np.stack([np.sin(2 * np.pi * (steps + shift) / 7) for shift in range(5)])
    assert found_season(rows) in (7, 14, 21, 28, 35, 42, 49, 56)
    noisy = rows + 0.1 * np.random.default_rng(0).normal(size=rows.shape) + 0.05 * steps
    assert found_season(noisy) == 7
    assert found_season(np.stack([steps * 0.5, steps + 2.0])) is None
    assert found_season(np.ones((3, 3))) is None


def test_a_table_of_ones_own(tmp_path: Path) -> None:
    """Fails if the predicted column of a table with several is not the one whose last value is taken."""
    file = tmp_path / "sales.csv"
    file.write_text("a,b\n" + "".join(f"{step},{10 + step % 4}\n" for step in range(90)))
    nodes = [
        node("data", "TimeSeries", path=str(file), target="b", window=8, horizon=3),
        node("lstm", "LSTM", hidden_size=4, last_step_only=True),
        node("fc", "Linear", out_features=3),
        node("loss", "MSELoss"),
    ]
    wires = [*chain("data.input", "lstm", "fc", "loss.prediction"), Wire("data", "target", "loss", "target")]
    project = looked_at(Project(graph=Graph.of(nodes, wires)), None)
    _, _, (one, errors) = seen(project)
    assert set(one.maps[0, 0, :8].tolist()) == {10, 11, 12, 13}
    assert "last season (4 steps) 0" in errors.note
    assert errors.maps[0, 2].max() == 0


@pytest.mark.parametrize("name", ["mlp_digits", "echo"])
def test_a_net_without_a_forecast_says_so(name: str) -> None:
    """Fails if a net that predicts no series ends in a traceback."""
    net = compile_net(load(name))
    with pytest.raises(NoPicture, match="Time series"):
        views()["forecast"].pictures(Look(Subject(net, net.model(0), Samples({}, ()))), {})


def test_a_series_of_ones_own_after_it_was_saved(tmp_path: Path) -> None:
    """Fails if the column that is predicted is forgotten with the drawing's file, so that one's own run has no
    forecast to show."""
    file = tmp_path / "sales.csv"
    file.write_text(
        "day,sales\n" + "".join(f"2021-{1 + day // 28:02}-{1 + day % 28:02},{10 + day % 4}\n" for day in range(200))
    )
    graph = load("forecast_lstm").graph
    data = node("series", "TimeSeries", path=str(file), window=8, horizon=12)
    project = looked_at(Project(graph=Graph.of([data, *list(graph.nodes.values())[1:]], graph.wires)), None)
    project = read_text(to_text(project).encode(), "sales.netloom").project
    assert project.schemas
    assert not next(iter(project.schemas.values())).schema.aims
    _, _, (one, _) = seen(project)
    assert set(one.maps[0, 0, :8].tolist()) == {10, 11, 12, 13}
