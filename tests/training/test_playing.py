"""A net that learns to play: what it is taught, what is remembered, and that a break changes nothing."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections import Counter, deque
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project, Wire
from app.training import batches
from app.training.checkpoints import load_run
from app.training.control import Control
from app.training.events import BatchDone, Cancelled, EpochDone, Event, Failed, Finished
from app.training.folder import STATE
from app.training.loop import train
from app.training.refusal import CannotTrain
from app.training.script import print_script
from app.training.trainer import Trainer
from nodes.modules.boltzmann import Boltzmann
from nodes.modules.cart_pole import CartPole
from nodes.modules.epsilon_greedy import EpsilonGreedy
from nodes.modules.frame_replay import FrameReplay
from nodes.modules.grid_world import GridWorld
from nodes.modules.player import Player
from nodes.modules.replay import Replay
from tests.support.drawings import node
from tests.support.games import Written, playing_net
from tests.training.nets import only, same_weights


def steps_of(count: int = 12) -> dict[str, Tensor]:
    """Some steps of a cart, the last of each game among them."""
    generator = torch.Generator().manual_seed(3)
    return {
        "game.state": torch.randn(count, 4, generator=generator),
        "game.action": torch.randint(2, (count,), generator=generator),
        "game.reward": 3 * torch.randn(count, generator=generator),
        "game.next_state": torch.randn(count, 4, generator=generator),
        "game.ended": (torch.arange(count) % 3 == 0).float(),
    }


# What is learned


@pytest.mark.parametrize("double", [False, True])
@pytest.mark.parametrize("target", ["none", "hard"])
def test_the_loss_is_that_of_q_learning_by_hand(double: bool, target: str) -> None:
    """Fails if the wanted value is not reward + gamma · max of the slow copy (with double: its value of what the net
    would do), if a game that ended counts what comes next, or if gradients go through what is wanted."""
    project = playing_net(double=double)
    net = compile_net(replace(project, recipe=replace(project.recipe, target=target, optimizer="SGD", lr=0.1)))
    model, losses = net.model(0), net.losses()
    assert losses is not None
    trainer = Trainer(net, model, losses, 10)
    other = net.model(5)  # so that net and copy differ
    if trainer.target is not None:
        trainer.target.copy.load_state_dict(other.state_dict())
    judge = other if target == "hard" else model
    batch, by_hand = steps_of(), copy.deepcopy(model)
    total = torch.zeros(())
    for row in range(12):
        state, after = batch["game.state"][row], batch["game.next_state"][row]
        told = by_hand(state[None])[0][batch["game.action"][row]]
        with torch.no_grad():
            worth = judge(after[None])[0]
            best = int(model(after[None])[0].argmax()) if double else int(worth.argmax())
            wanted = batch["game.reward"][row] + (0.0 if batch["game.ended"][row] else 0.9 * worth[best])
        apart = (told - wanted).abs()
        total = total + torch.where(apart <= 1, 0.5 * apart**2, apart - 0.5) / 12
    gradients = torch.autograd.grad(total, list(by_hand.parameters()))
    values, _ = trainer.step(batch)
    assert values["td"].item() == pytest.approx(total.item(), rel=1e-5)
    for now, before, gradient in zip(model.parameters(), by_hand.parameters(), gradients, strict=True):
        assert torch.allclose(now, before - 0.1 * gradient, atol=1e-6)


def test_rewards_are_cut_for_the_loss_alone() -> None:
    """Fails if ``clip`` does not take a reward of 7 as 1, or changes the batch itself."""
    project = playing_net()
    cut = node("td", "QLearningLoss", gamma=0.9, clip=True)
    net = compile_net(project.with_graph("", project.graph.with_nodes(cut)))
    losses = net.losses()
    assert losses is not None
    batch = steps_of(2) | {"game.reward": torch.tensor([7.0, -4.0])}
    found = losses(torch.zeros(2, 2), batch["game.action"], batch["game.reward"], torch.zeros(2), torch.ones(2))
    assert found["td"].item() == pytest.approx(0.5)
    assert batch["game.reward"].tolist() == [7.0, -4.0]


@pytest.mark.parametrize(("target", "settings"), [("hard", {"hard.every": 3}), ("soft", {"soft.tau": 0.25})])
def test_the_slow_copy_follows(target: str, settings: dict[str, Any]) -> None:
    """Fails if a hard copy is taken at another batch than every third, or a soft one goes another part of the way."""
    project = playing_net()
    recipe = replace(project.recipe, target=target, optimizer="SGD", lr=0.05).changed(settings)
    net = compile_net(replace(project, recipe=recipe))
    model, losses = net.model(0), net.losses()
    assert losses is not None
    trainer = Trainer(net, model, losses, 10)
    expected = {name: value.double() for name, value in model.state_dict().items()}
    for number in range(1, 8):
        trainer.step(steps_of())
        for name, value in model.state_dict().items():
            if target == "soft":
                expected[name] = 0.75 * expected[name] + 0.25 * value.double()
            elif number % 3 == 0:
                expected[name] = value.double()
        found = trainer.target.copy.state_dict()
        assert all(torch.allclose(found[name].double(), expected[name], atol=1e-6) for name in expected)
    assert not same_weights(trainer.target.copy, model)


# Policies


def test_epsilon_falls_evenly_and_is_the_share_of_random_actions() -> None:
    """Fails if the schedule has another value at its begin, middle or end, or if actions are random more or less often:
    with four actions, three of four random ones are not the best."""
    policy = EpsilonGreedy(0.8, 0.2, 100)
    assert [policy.rate(step) for step in (0, 50, 100, 1_000)] == pytest.approx([0.8, 0.5, 0.2, 0.2])
    values = torch.tensor([[0.0, 1.0, 5.0, 2.0]]).repeat(20_000, 1)
    generator = torch.Generator().manual_seed(0)
    for step, rate in ((0, 0.8), (100, 0.2)):
        taken = policy.choose(values, step, generator)
        others = (taken != 2).float().mean().item()
        assert others == pytest.approx(0.75 * rate, abs=4 * np.sqrt(0.25 / 20_000))
        assert set(taken.tolist()) == {0, 1, 2, 3}
    greedy = EpsilonGreedy(0.0, 0.0, 1).choose(values, 0, generator)
    assert (greedy == 2).all()


def test_boltzmann_draws_by_the_softmax_at_its_temperature() -> None:
    """Fails if an action is drawn with another probability than the softmax of the values over the temperature."""
    policy, values = Boltzmann(2.0, 0.5, 10), torch.tensor([[0.0, 1.0, -1.0]])
    for step, heat in ((0, 2.0), (5, 1.25), (99, 0.5)):
        taken = policy.choose(values.repeat(30_000, 1), step, torch.Generator().manual_seed(1))
        shares = np.exp(values.numpy()[0] / heat)
        shares /= shares.sum()
        assert np.bincount(taken.numpy(), minlength=3) / 30_000 == pytest.approx(shares, abs=0.012)


# Memory


def test_the_memory_is_a_ring_of_which_all_is_drawn_alike() -> None:
    """Fails if the oldest steps are not the ones that make room, fields get out of step, or some are drawn more often;
    and if the same seed draws others."""
    memory, plain = Replay(7), deque[int](maxlen=7)
    for start in range(0, 15, 3):
        numbers = torch.arange(start, start + 3)
        memory.add({"a": numbers.float(), "b": numbers * 10}, [0, 0, 0])
        plain.extend(numbers.tolist())
        found = memory.sample(300, torch.Generator().manual_seed(2))
        assert set(found["a"].tolist()) == set(plain)
        assert torch.equal(found["a"] * 10, found["b"].float())
    drawn = memory.sample(70_000, torch.Generator().manual_seed(4))["b"].tolist()
    assert all(abs(count - 10_000) < 500 for count in Counter(drawn).values())
    assert drawn == memory.sample(70_000, torch.Generator().manual_seed(4))["b"].tolist()


@pytest.mark.parametrize("rounds", [4, 9, 40])
def test_a_memory_of_pictures_gives_whole_states(rounds: int) -> None:
    """Fails if a state that is put together of single pictures is not the one that was seen: at the begin of a game,
    across the end of the ring, or behind the end of the game before."""
    games, depth = 2, 3
    memory = FrameReplay(20)
    seen: dict[int, tuple[Tensor, Tensor]] = {}
    numbers, newest, stacks = [0] * games, 0, []
    for game in range(games):
        stacks.append(torch.full((depth, 1, 1), float(game)))
    newest = games
    for step in range(rounds):
        after = []
        for game in range(games):
            after.append(torch.cat([stacks[game][1:], torch.full((1, 1, 1), float(newest))]))
            newest += 1
            seen[step * games + game] = stacks[game], after[game]
        key = torch.arange(step * games, (step + 1) * games)
        memory.add({"state": torch.stack(stacks), "next_state": torch.stack(after), "key": key}, list(numbers))
        for game in range(games):
            numbers[game], stacks[game] = numbers[game] + 1, after[game]
            if (step + 3 * game) % 5 == 4:  # this game is over, and another one begins
                numbers[game], stacks[game] = 0, torch.full((depth, 1, 1), float(newest))
                newest += 1
    again = FrameReplay(20)
    again.load_state_dict(memory.state_dict())
    for each in (memory, again):
        found = each.sample(500, torch.Generator().manual_seed(0))
        assert len(set(found["key"].tolist())) == min(rounds, 10 - (depth - 1) * (rounds >= 10)) * games
        for row, key in enumerate(found["key"].tolist()):
            assert torch.equal(found["state"][row], seen[key][0])
            assert torch.equal(found["next_state"][row], seen[key][1])


# Games


class _Always(nn.Module):
    """Thinks that the second action is worth more."""

    def __init__(self) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.tensor([0.0, 1.0]))

    def forward(self, seen: Tensor) -> Tensor:
        return self.bias.expand(len(seen), 2)


@pytest.mark.parametrize("cut", [False, True])
def test_each_step_is_remembered_as_it_was_played(cut: bool) -> None:
    """Fails if the state behind the end of a game is that of the next game, if a step is lost or invented where several
    games begin anew at different times, or if what was cut short counts as ended."""
    player = Player([Written([3, 2], cut), Written([4], cut)], EpsilonGreedy(0.0, 0.0, 1), Replay(100), 2, 0)
    for _ in range(7):
        player.batch(_Always(), 1, torch.Generator().manual_seed(0))
    fields, count = player.replay.fields, player.replay.size
    assert count == player.steps
    for game, ends in enumerate(([3, 2], [4])):
        rows = range(game, count, 2)
        expected, number, step = [], 0, 0
        for _ in rows:
            last = step + 1 == ends[number % len(ends)]
            reward = 10.0 * number + step + 1
            expected.append(([number, step], reward, [number, step + 1], float(last and not cut)))
            number, step = (number + 1, 0) if last else (number, step + 1)
        for row, (state, reward, after, ended) in zip(rows, expected, strict=True):
            assert fields["state"][row].tolist() == state
            assert fields["reward"][row].item() == reward
            assert fields["next_state"][row].tolist() == after
            assert fields["ended"][row].item() == ended
    told = player.numbers()
    assert count == 16
    assert told["episode_length"] == pytest.approx((3 + 2 + 3 + 4 + 4) / 5)
    assert told["reward"] == pytest.approx(((1 + 2 + 3) + (11 + 12) + (21 + 22 + 23) + (1 + 2 + 3 + 4) + (50 - 0)) / 5)


def test_steps_are_played_as_often_as_is_said() -> None:
    """Fails if more or fewer steps are played for a batch than ``every`` says, counted over all games, or random ones
    before the first batch are not ``warm_up``."""
    player = Player([Written([9]) for _ in range(4)], EpsilonGreedy(0.0, 0.0, 1), Replay(500), 3, 20)
    counted = []
    for _ in range(8):
        player.batch(_Always(), 2, torch.Generator().manual_seed(0))
        counted.append(player.steps - 20)
    assert counted == [3 * number // 4 * 4 for number in range(1, 9)]
    assert (player.replay.fields["action"][20 : player.steps] == 1).all()
    assert 0 < player.replay.fields["action"][:20].float().mean() < 1


def test_the_cart_moves_as_that_of_gymnasium() -> None:
    """Fails if a number of the physics, a reward or an end differs from CartPole-v1."""
    gymnasium = pytest.importorskip("gymnasium")
    theirs, ours = gymnasium.make("CartPole-v1"), CartPole()
    generator = np.random.default_rng(0)
    for seed in range(30):
        ours.reset(seed=seed)
        theirs.reset(seed=seed)
        theirs.unwrapped.state = np.array(ours.state)
        for step in range(600):
            pushes = ours.state[2] + 0.3 * ours.state[3] > 0 if seed < 3 else generator.random() < 0.5
            seen, reward, ended, cut, _ = ours.step(int(pushes))
            other, other_reward, other_ended, other_cut, _ = theirs.step(int(pushes))
            assert np.allclose(seen, other, atol=1e-6), (seed, step)
            assert (reward, ended, cut) == (other_reward, other_ended, other_cut and not other_ended)
            if ended or cut:
                break
        assert step == 499 or ended
    assert np.abs([CartPole().reset(seed=seed)[0] for seed in range(50)]).max() <= 0.05


@pytest.mark.parametrize("seed", range(6))
def test_a_grid_can_be_walked_and_is_the_same_for_a_seed(seed: int) -> None:
    """Fails if the goal cannot be reached, a wall lets through, a reward is another, or the seed does not say all."""
    world, other = (GridWorld(4, 6, 0.5, 0.0, seed, 50) for _ in range(2))
    assert (world.walls, world.goal, world.pit) == (other.walls, other.goal, other.pit)
    moves = {0: (-1, 0), 1: (0, 1), 2: (1, 0), 3: (0, -1)}
    far = {world.goal: 0}  # steps to the goal, by waves
    wave = [world.goal]
    while wave:
        wave = [
            there
            for row, column in wave
            for down, right in moves.values()
            if (there := (row + down, column + right)) in world.free and there not in far
            and not far.update({there: far[row, column] + 1})
        ]  # fmt: skip
    assert set(world.free) <= far.keys()
    seen, _ = world.reset(seed=seed)
    rewards, place = [], world.place
    while True:
        assert tuple(seen[0].nonzero()[0].tolist()) == place
        action = min(moves, key=lambda way: far.get((place[0] + moves[way][0], place[1] + moves[way][1]), 99))
        seen, reward, ended, cut, _ = world.step(action)
        rewards.append(reward)
        place = world.place
        if ended:
            break
    assert not cut
    assert rewards == pytest.approx([-0.01] * (len(rewards) - 1) + [1.0])
    for row, column in world.free:
        for action, (down, right) in moves.items():
            world.place = (row, column)
            world.step(action)
            there = (row + down, column + right)
            blocked = there in world.walls or not (0 <= there[0] < 4 and 0 <= there[1] < 6)
            assert world.place == ((row, column) if blocked else there)


# Runs


GAMES = {
    "cart": playing_net(games=3),
    "cart, soft and double": replace(
        playing_net(double=True, games=2),
        recipe=replace(playing_net().recipe, target="soft", policy="boltzmann", average=0.9),
    ),
    "grid that is slippery": playing_net("GridWorld", 4, slip=0.2, games=5, most=12),
    "gymnasium": playing_net("Gymnasium", 4, id="FrozenLake-v1", games=2),
}


def ready(name: str) -> Project:
    from app.data.source_looks import looked_at

    if name == "gymnasium":
        pytest.importorskip("gymnasium")
    return looked_at(GAMES[name])


@pytest.mark.parametrize("name", GAMES)
def test_a_break_changes_nothing(name: str, tmp_path: Path) -> None:
    """Fails if a run that was stopped in the middle of games goes on to other weights or numbers than one without a
    break: if games, memory, slow copy or a random number do not come back."""
    project = ready(name)
    net = compile_net(project)
    whole = list(train(net, project.recipe, out=tmp_path / "whole"))
    assert isinstance(whole[-1], Finished), whole[-1]
    running = cast(Generator[Event], train(net, project.recipe, out=tmp_path / "broken"))
    for count, _ in enumerate((each for each in running if isinstance(each, BatchDone)), 1):
        if count == 13:
            break
    running.close()
    control = Control()  # and stopped once more, in the other way
    for event in train(net, project.recipe, resume=tmp_path / "broken", control=control):
        if isinstance(event, BatchDone) and (event.epoch, event.batch) == (2, 5):
            control.stop()
    assert isinstance(event, Cancelled)
    again = list(train(net, project.recipe, resume=tmp_path / "broken"))
    assert isinstance(again[-1], Finished), again[-1]
    one, other = load_run(tmp_path / "whole"), load_run(tmp_path / "broken")
    assert same_weights(one.model, other.model)
    told = [{key: value for key, value in entry.items() if "second" not in key} for entry in one.metrics]
    assert told == [{key: value for key, value in entry.items() if "second" not in key} for entry in other.metrics]
    assert {"train_reward", "train_episode_length", "train_epsilon", "train_memory"} <= told[0].keys()


def test_a_program_of_its_own_plays_to_the_same_weights(tmp_path: Path) -> None:
    """Fails if the printed program plays otherwise than the loop, or needs Netloom."""
    project = GAMES["cart, soft and double"]
    net = compile_net(project)
    model = net.model(0)
    done = only(list(train(net, project.recipe, model=model)), EpochDone)[-1]
    (tmp_path / "program.py").write_text(print_script(net, project.recipe))
    ran = subprocess.run(
        [sys.executable, "-I", "program.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    assert f"train_reward {done.metrics['train_reward']:.4f}" in ran.stdout
    weights = torch.load(tmp_path / "weights.pt")
    assert all(torch.equal(weights[name], value) for name, value in model.state_dict().items())


def test_nothing_is_held_out_of_games() -> None:
    """Fails if a share for validation, as every drawing has one, keeps played steps from being learned."""
    project = GAMES["cart"]
    recipe = replace(project.recipe, validation=0.4, test=0.2, epochs=1)
    events = list(train(compile_net(replace(project, recipe=recipe)), recipe))
    assert isinstance(events[-1], Finished)
    (done,) = only(events, EpochDone)
    assert "val_loss" not in done.metrics
    assert len(only(events, BatchDone)) == 160 // 8


def test_a_state_of_other_games_is_refused(tmp_path: Path) -> None:
    """Fails if a damaged state ends in a traceback, or games of another number are taken for these."""
    project = GAMES["cart"]
    net = compile_net(project)
    list(train(net, replace(project.recipe, epochs=1), out=tmp_path / "run"))
    whole = torch.load(tmp_path / "run" / STATE, weights_only=True)
    for playing in (None, {}, {**whole["playing"], "seeds": [1]}, {**whole["playing"], "taken": "none"}):
        torch.save(whole | {"playing": playing}, tmp_path / "run" / STATE)
        (event,) = list(train(net, project.recipe, resume=tmp_path / "run"))
        assert isinstance(event, Failed)
        assert "games" in event.sentence, event.sentence
        assert "Train the run again" in event.sentence


def without_game(project: Project) -> Project:
    """The same with numbers that nobody plays."""
    there = {"state": (4,), "next_state": (4,), "reward": (), "ended": (), "action": ()}
    inputs = [
        node(name, "Input", shape=shape, **({"dtype": "int", "classes": 2} if name == "action" else {}))
        for name, shape in there.items()
    ]
    wires = [Wire(w.source_port, "output", w.target, w.target_port) if w.source == "game" else w
             for w in project.graph.wires]  # fmt: skip
    nodes = [each for each in project.graph.nodes.values() if each.name != "game"]
    return replace(project, graph=Graph.of([*inputs, *nodes], wires))


def with_other_data(project: Project) -> Project:
    return project.with_graph("", project.graph.with_nodes(node("digits", "Digits")))


def with_wrong_state(project: Project) -> Project:
    wires = [
        Wire("game", "state", "td", "next_state") if w.target_port == "next_state" else w for w in project.graph.wires
    ]
    return project.with_graph("", project.graph.with_wires(wires))


@pytest.mark.parametrize(
    ("change", "words"),
    [(with_other_data, "no other data"), (with_wrong_state, "next_state")],
)
def test_what_cannot_be_learned_from_games_is_said(change: Any, words: str) -> None:
    """Fails if such a drawing trains on something else, or ends in a traceback."""
    with pytest.raises(CannotTrain, match=words):
        batches.load(compile_net(change(GAMES["cart"])).plan)


def test_a_loss_of_games_without_a_game_is_refused() -> None:
    """Fails if Q-learning begins with data that nobody plays."""
    project = without_game(playing_net())
    with pytest.raises(CannotTrain):
        batches.load(compile_net(project).plan)


def test_huber_is_the_loss_of_the_wanted_values() -> None:
    """Fails if the bend of the loss is lost on the way."""
    project = playing_net()
    bent = node("td", "QLearningLoss", gamma=0.5, delta=0.1)
    losses = compile_net(project.with_graph("", project.graph.with_nodes(bent))).losses()
    assert losses is not None
    values, action = torch.tensor([[1.0, 5.0], [2.0, 0.0]]), torch.tensor([1, 0])
    reward, worth, ended = torch.tensor([4.0, 1.0]), torch.tensor([1.0, 4.0]), torch.tensor([0.0, 0.0])
    found = losses(values, action, reward, worth, ended)["td"]
    assert found == functional.huber_loss(torch.tensor([5.0, 2.0]), torch.tensor([4.5, 3.0]), delta=0.1)
    assert json.dumps(found.item())
