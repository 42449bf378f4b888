"""Weights that were set by hand, and do not fit as they stand."""

from __future__ import annotations

from collections.abc import Iterator

from app.core.checks.problems import Problem
from app.core.expanded import top
from app.core.graph.model import Project
from app.core.inference import Report
from nodes.api import SetParam
from nodes.api.given import BadGiven, fitted, written


def given_resized(project: Project, report: Report) -> Iterator[Problem]:
    """A note where a layer has another shape than its weights were given for: what was kept, and how to take it on."""
    for level in top(project, report).levels():
        for name in [name for name, node in level.graph.nodes.items() if "given" in node.params]:
            text = str(level.graph.nodes[name].params["given"])
            if not text:
                continue
            built = level.report.nodes[name].built if name in level.report.nodes else None
            if built is None or built.call.fill[:1] != ("given",):
                continue
            try:
                tables, said = fitted(text, built.weights)
            except BadGiven:  # the layer has said so already
                continue
            if said:
                fix = SetParam("given", written(tables, built.weights))
                yield Problem(level.path(name), f"{level.path(name)}: {' '.join(said)}", "given_resized", (fix,))
