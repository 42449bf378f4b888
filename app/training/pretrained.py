"""Makes a run of a drawing with the weights that an installed package brings for it."""

from __future__ import annotations

import shutil
from pathlib import Path

from app.core.compile.net import compile_net
from app.core.graph.model import Project
from app.core.weights.pretrained import Pretrained
from app.training.importing import load_into, write_run
from app.training.run_description import change_about
from app.training.weight_files import BadWeights


def write_pretrained(project: Project, known: Pretrained, folder: Path) -> int:
    """Write a run into ``folder`` whose layers all have the weights of the package; gives how many numbers these are.

    Raises:
        BadWeights: if the package is not there, or its file cannot be used for the whole net.
        NotReady: if the drawing cannot be compiled.
        OSError: if the run cannot be written.
    """
    file = known.file
    if file is None:
        raise BadWeights(f"The weights are not installed: {known.install}")
    net = compile_net(project)
    model = net.model(project.recipe.seed)
    found = load_into(model, file)
    if found.matching.missing:
        lacking = found.matching.missing[0].name
        raise BadWeights(f"{file.name} has nothing for {lacking}, so it belongs to another version of this net.")
    try:
        write_run(folder, net, model, project.recipe)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    change_about(folder, name=known.run_name)
    return found.matching.weights
