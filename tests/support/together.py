"""Trainings that several processes do together; started by ``torchrun``, once for all cases.

``python -m torch.distributed.run --nproc-per-node=2 -m tests.support.together FOLDER`` writes what each case came to.
"""

from __future__ import annotations

import atexit
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.graph.recipe import Recipe
from app.data.source_looks import looked_at
from app.training import processes
from app.training.events import BatchDone, EpochDone, Finished
from app.training.loop import train
from tests.support.drawings import chain, node
from tests.support.gan import gan
from tests.training.bucketed import names
from tests.training.data_nets import noise_alone, shifted, straightened
from tests.training.nets import FAST, autoencoder, digits_net, moody_net, two_heads

UNEVEN = replace(FAST, batch_size=201, epochs=1, lr=0.05)  # seven batches and 31 samples


def weighted() -> Project:
    """A loss whose mean is not one over the samples."""
    made = digits_net(("flatten", "Flatten"), ("fc1", "Linear", {"out_features": 10}))
    loss = made.graph.nodes["loss"]
    weights = tuple(float(each) for each in range(1, 11))
    return replace(made, graph=made.graph.with_nodes(replace(loss, params={**loss.params, "class_weights": weights})))


def recurrent() -> Project:
    return digits_net(
        ("rows", "Reshape", {"shape": (8, 8)}),
        ("lstm", "LSTM", {"hidden_size": 5, "num_layers": 2, "dropout": 0.3}),
        ("flatten", "Flatten"),
        ("bn1", "BatchNorm1d"),
        ("fc1", "Linear", {"out_features": 10}),
    )


def frozen() -> Project:
    return digits_net(
        ("conv1", "Conv2d", {"out_channels": 3, "kernel_size": (3, 3), "frozen": True}),
        ("bn1", "BatchNorm2d", {"frozen": True}),
        ("flatten", "Flatten"),
        ("fc1", "Linear", {"out_features": 10}),
    )


def streamed() -> Project:
    """Pictures that are read from files while training, one of which is damaged; turned in training."""
    place = Path(tempfile.mkdtemp(prefix="pictures"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    generator = np.random.default_rng(0)
    for number in range(60):
        file = place / f"{number % 3}" / f"{number:02}.png"
        file.parent.mkdir(exist_ok=True)
        Image.fromarray(generator.integers(0, 255, (8, 8), dtype=np.uint8)).save(file)
    file.write_bytes(file.read_bytes()[:-30])
    graph = Graph.of(
        [
            node("pictures", "Pictures", path=str(place), colour="grey", size=(8, 8)),
            node("shift1", "RandomShift", pixels=(2, 1)),
            node("flatten", "Flatten"),
            node("drop1", "Dropout", p=0.3),
            node("fc1", "Linear", out_features=3),
            node("loss", "CrossEntropyLoss"),
        ],
        [
            *chain("pictures.image", "shift1", "flatten", "drop1", "fc1", "loss.prediction"),
            Wire("pictures", "label", "loss", "target"),
        ],
    )
    return looked_at(Project("Streamed", graph=graph))


CASES: Mapping[str, tuple[Callable[[], Project], Recipe]] = {
    "batch norm and dropout": (moody_net, replace(UNEVEN, epochs=2)),
    "weighted": (weighted, UNEVEN),
    "autoencoder": (autoencoder, UNEVEN),
    "two losses": (two_heads, UNEVEN),
    "several objectives": (gan, UNEVEN),
    "recurrent": (recurrent, UNEVEN),
    "frozen": (frozen, UNEVEN),
    "parts": (moody_net, replace(UNEVEN, batch_size=67, accumulate=3, l1=0.001, clip_norm=0.5)),
    "adversarial": (moody_net, replace(UNEVEN, adversarial=0.1)),
    "mean of the weights": (moody_net, replace(UNEVEN, average=0.9, schedule="cosine", warmup=1)),
    "mixed": (recurrent, replace(UNEVEN, precision="mixed")),
    "augmented": (shifted, replace(UNEVEN, epochs=2)),
    "drawn beside the data": (straightened, UNEVEN),
    "drawn alone": (noise_alone, replace(UNEVEN, epochs=2)),
    "streamed": (streamed, replace(UNEVEN, batch_size=11, epochs=3)),
    "in buckets": (partial(names, 5), replace(UNEVEN, validation=0.9)),
    "single samples": (weighted, replace(UNEVEN, batch_size=1, validation=0.99)),
}

# Those that are trained through torch's own collectives as well, as processes of several machines are.
OVER_GLOO = ("batch norm and dropout", "several objectives", "parts", "streamed")


def outcome(name: str, together: processes.Processes | None) -> dict[str, Any]:
    """What a case comes to: weights and buffers, the losses of the batches, the numbers of the epochs, and the state
    of the random numbers."""
    torch.set_num_threads(1)
    make, recipe = CASES[name]
    net = compile_net(make())
    model = net.model(recipe.seed)
    events = list(train(net, recipe, model=model, processes=together))
    assert isinstance(events[-1], Finished), events[-1]
    return {
        "weights": dict(model.state_dict()),
        "losses": [each.losses for each in events if isinstance(each, BatchDone)],
        "metrics": [dict(each.metrics) for each in events if isinstance(each, EpochDone)],
        "random": torch.get_rng_state(),
    }


def main(folder: Path) -> None:
    """Train all cases; each process writes what it has come to, and whether there was memory to share."""
    together = processes.started()
    assert together is not None
    found: dict[str, Any] = {name: outcome(name, together) for name in CASES}
    far = replace(together, shared=None)
    found |= {f"{name} over gloo": outcome(name, far) for name in OVER_GLOO}
    found["shared"] = together.shared is not None
    torch.save(found, folder / f"{together.rank}.pt")
    processes.ended()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
