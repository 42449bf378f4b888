"""Every remedy that a refusal offers is tried out."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.checks.fixes import command_for, words_for
from app.core.checks.problems import Problem
from app.core.commands import Refused
from app.core.graph.model import MAIN, Graph, Node, Project
from app.core.inference import infer
from nodes.api import InsertBefore, Layer, SetParam, Shape
from nodes.api.registry import layers
from tests.nodes.alone import drawing
from tests.nodes.strategies import inputs_of, settings_of

ANY_SHAPE = st.one_of(
    st.lists(st.integers(1, 12), max_size=4).map(lambda sizes: Shape(tuple(sizes))),
    st.builds(
        lambda sizes, n: Shape(tuple(sizes), "int", n),
        st.lists(st.integers(1, 12), max_size=2),
        st.sampled_from([None, 7]),
    ),
)
ENOUGH = 6  # remedies one after the other; a layer may complain of one thing at a time


def complaints(project: Project) -> list[Problem]:
    return [problem for problem in infer(project).problems if problem.code == "shape"]


@pytest.mark.parametrize(
    "layer", [one for one in layers().values() if one.inputs and one.role != "block_out"], ids=lambda one: one.id
)
@given(data=st.data())
@settings(max_examples=30, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
def test_remedies_help(layer: Layer, data: st.DataObject) -> None:
    """Fails if a button does nothing, leaves the same complaint, or leads in a circle."""
    inputs = data.draw(inputs_of(layer))
    if data.draw(st.booleans()):
        port = data.draw(st.sampled_from(sorted(inputs)))
        inputs = {**inputs, port: [data.draw(ANY_SHAPE)]}
    project = drawing(layer, inputs, data.draw(settings_of(layer)))
    found = complaints(project)
    if not found:
        return
    for fix in found[0].fixes:
        command = command_for(project, MAIN, found[0].node, fix)
        if command is None:
            assert not isinstance(fix, (SetParam, InsertBefore)), f"{fix} does nothing"
            continue
        assert words_for(project, MAIN, found[0].node, fix)
        fix_applied, left = command.apply(project), found
        for _ in range(ENOUGH):
            left, before = complaints(fix_applied), left
            if not left or not left[0].fixes:
                break
            assert left[0].sentence != before[0].sentence, f"after {fix} it still says: {left[0].sentence}"
            following = command_for(fix_applied, MAIN, left[0].node, left[0].fixes[0])
            if following is None:
                break
            try:
                fix_applied = following.apply(fix_applied)
            except Refused:
                break
        else:
            raise AssertionError(f"no end of complaints after {fix}: {left[0].sentence}")


def test_a_button_says_on_or_off_and_no_whole_matrix() -> None:
    """Fails if the button that turns a switch off ends before it says to what, or one has hundreds of letters."""
    project = Project(graph=Graph.of([Node("fc1", "Linear")]))
    assert words_for(project, MAIN, "fc1", SetParam("bias", False)) == "Set bias to off"
    assert words_for(project, MAIN, "fc1", SetParam("bias", True)) == "Set bias to on"
    long = words_for(project, MAIN, "fc1", SetParam("given", "weight 10×64: " + "0 " * 640))
    assert len(long) < 90
    assert "weight 10×64: 0 0 0" in long
