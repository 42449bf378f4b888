"""Steps of a game in a second, learning included: a drawing that plays next to a plain script of the same algorithm.

The script is what people write: the cart of gymnasium, one step and one forward at a time, a list as memory, a batch
after every eighth step, a slow copy. The drawing plays eight games at once, which changes nothing of what is learned:
as many steps, batches and samples. Both are measured on their way, and times are those of the processor.
"""

from __future__ import annotations

import copy
import itertools
import random
import time
from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import nn

from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.training.events import BatchDone
from app.training.loop import train
from tests.benchmarks.pairs import compare, verdict

STEPS = 2_000
WARM_UP = 500
EVERY = 8
BATCH = 64
PAIRS = 5
AIM = 1.3


def by_hand() -> Iterator[None]:
    """The same, written down plainly; gives after each batch."""
    import gymnasium

    env = gymnasium.make("CartPole-v1")
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 2))
    target, optimizer = copy.deepcopy(model), torch.optim.Adam(model.parameters(), lr=0.001)
    memory: list[tuple[object, int, float, object, float]] = []
    state, _ = env.reset(seed=0)
    for step in itertools.count():
        epsilon = max(0.05, 1 - step / 20_000)
        if step < WARM_UP or random.random() < epsilon:
            action = random.randrange(2)
        else:
            with torch.no_grad():
                action = int(model(torch.as_tensor(state)[None]).argmax())
        after, reward, ended, cut, _ = env.step(action)
        memory.append((state, action, float(reward), after, float(ended)))
        state = env.reset()[0] if ended or cut else after
        if step < WARM_UP or step % EVERY:
            continue
        states, actions, rewards, nexts, ends = zip(*random.sample(memory, BATCH))
        now = torch.stack([torch.as_tensor(each) for each in states])
        then = torch.stack([torch.as_tensor(each) for each in nexts])
        with torch.no_grad():
            best = model(then).argmax(1, keepdim=True)
            worth = target(then).gather(1, best).squeeze(1)
            wanted = torch.tensor(rewards) + 0.99 * worth * (1 - torch.tensor(ends))
        told = model(now).gather(1, torch.tensor(actions)[:, None]).squeeze(1)
        loss = nn.functional.smooth_l1_loss(told, wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for own, other in zip(target.parameters(), model.parameters()):
                own.lerp_(other, 0.005)
        yield


def main() -> bool:
    """Measure and say whether the aim is reached."""
    torch.set_num_threads(1)
    project = load("dqn_cartpole")
    recipe = replace(project.recipe, epochs=1_000, stopping="never", schedule="constant", batch_size=BATCH)
    recipe = recipe.changed({"uniform.every": EVERY, "uniform.warm_up": WARM_UP})
    net = compile_net(replace(project, recipe=recipe))
    drawn = (event for event in train(net, recipe) if isinstance(event, BatchDone))
    plain, batches = by_hand(), STEPS // EVERY

    def go_on(way: Iterator[object]) -> None:
        for _ in itertools.islice(way, batches):
            pass

    result = compare(lambda: go_on(plain), lambda: go_on(drawn), pairs=PAIRS, warm_up=2, clock=time.process_time)
    met = result.ratio >= AIM
    verdict(
        "steps of a game in a second with learning: drawing / plain script",
        f"{result.ratio:.2f} ({STEPS / result.second:,.0f} / {STEPS / result.first:,.0f} a second of one core, median "
        f"of {result.pairs} pairs of {STEPS:,} steps)",
        f"at least {AIM}",
        met,
    )
    return met
