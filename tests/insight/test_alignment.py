"""The view Alignment: what a net with a CTC loss hears and spells."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.insight.alignment import alignment_pictures
from app.insight.plots import PlotText, line_marks
from app.insight.tiles import NoPicture
from app.insight.view import Look, Samples, Subject
from app.training import batches


@pytest.fixture(scope="module")
def look() -> Look:
    """Two samples of few, before any weights of the standardization were measured."""
    project = load("speech_ctc")
    node = project.graph.nodes["speech"].with_param("samples", 4)
    net = compile_net(project.with_graph("", project.graph.with_nodes(node)))
    fields = batches.load(net.plan)
    names = ("speech.wave", "speech.text")
    samples = Samples({name: fields[name][:2] for name in names}, ("one", "two"))
    return Look(Subject(net, net.model(0), samples), sample=1)


def test_letters_stand_at_the_peaks_of_their_lines(look: Look) -> None:
    """Fails if another sample is shown, probabilities are no exponentials of what the net says, or a letter stands
    where its line is not at its highest of the run."""
    heard, lines, every = alignment_pictures(look, 2)
    given = look.subject.samples.fields["speech.wave"][1:2]
    with torch.no_grad():
        told = look.model(given)[0].exp().numpy()
        loud = look.model.logmel(given)[0, 0].numpy()  # type: ignore[operator]
    assert heard.maps[0][-1] == pytest.approx(np.maximum(loud[0], heard.low), abs=1e-5)
    assert every.size[1] == len(told)
    assert lines.maps[0, 0] == pytest.approx(told[:, 0], abs=1e-6)
    path = told.argmax(1)
    assert len(lines.peaks) == sum(1 for a, b in zip([0, *path], path) if b and a != b)
    for step, height, word in lines.peaks:
        number = path[int(step)]
        assert number
        assert height == pytest.approx(told[int(step), number], abs=1e-6)
        assert word in lines.labels
    words = [
        mark.text
        for mark in line_marks(lines, 700, 300, 14, lambda word: 7.0 * len(word))
        if isinstance(mark, PlotText)
    ]
    assert all(words.count(word) > lines.labels.count(word) for _, _, word in lines.peaks)


def test_a_net_without_the_loss() -> None:
    """Fails if there is a traceback or a silent nothing."""
    net = compile_net(load("mlp_digits"))
    with pytest.raises(NoPicture, match="CTC loss"):
        alignment_pictures(Look(Subject(net, net.model(0), Samples({}, ()))), 2)
