"""Layers inside of blocks by their path."""

from __future__ import annotations

import pytest

from app.core.commands import GroupNodes, SetSetting
from app.core.graph.model import Project
from app.core.inference import infer
from app.core.paths import first_path, inside, node_at, report_at, same_at
from app.core.storage.templates import load


@pytest.fixture
def blocks() -> Project:
    """LeNet with conv1 and relu1 in inner, and inner with pool1 in outer."""
    project = GroupNodes("", ("conv1", "relu1"), block="inner").apply(load("lenet_digits"))
    return GroupNodes("", ("inner", "pool1"), block="outer").apply(project)


def test_a_path_leads_through_instances(blocks: Project) -> None:
    """Fails if the way stops at the first block, or leads on where there is none."""
    report = infer(blocks)
    found = node_at(blocks, "outer/inner/conv1")
    assert found is not None
    assert found.type == "Conv2d"
    known = report_at(report, "outer/inner/conv1")
    assert known is not None
    assert known.parameters == 156
    for wrong in ("", "conv1", "outer/conv1", "fc1/x", "outer/inner/conv1/x", "nothing"):
        assert node_at(blocks, wrong) is None
        assert report_at(report, wrong) is None


def test_what_stands_in_blocks_is_told_in_order(blocks: Project) -> None:
    """Fails if inner blocks are left out, or told under a path that leads nowhere."""
    report = infer(blocks)
    paths = [path for path, _, _ in inside(report.main)]
    assert "outer/inner/conv1" in paths
    assert paths.index("outer/pool1") > paths.index("outer/inner")
    assert all(node_at(blocks, path) is node for path, node, _ in inside(report.main))


def test_the_first_instance_is_found_at_any_depth(blocks: Project) -> None:
    """Fails if only instances in the drawing itself are found."""
    report = infer(blocks)
    assert first_path(report, "") == ""
    assert first_path(report, "outer") == "outer"
    assert first_path(report, "inner") == "outer/inner"
    assert first_path(report, "nothing") is None


def test_a_layer_is_the_same_only_if_its_settings_are(blocks: Project) -> None:
    """Fails if pictures of weights are shown for a layer that has another shape by now."""
    path = "outer/inner/conv1"
    assert same_at(blocks, blocks, path)
    assert not same_at(blocks, SetSetting("inner", ("conv1",), "out_channels", 3).apply(blocks), path)
    assert same_at(blocks, SetSetting("", ("fc1",), "out_features", 3).apply(blocks), path)
    assert not same_at(blocks, load("lenet_digits"), path)
