"""Names that a net writes, against a loop that carries the state of the cell."""

from __future__ import annotations

import pytest
import torch

from app.core.compile.net import CompiledNet, compile_net
from app.core.storage.templates import load
from app.insight.tiles import NoPicture
from app.insight.view import Look, Samples, Subject
from app.insight.views import views
from app.insight.word_vectors import words_of
from app.insight.written_names import write
from app.training.batches import load as load_data


@pytest.fixture(scope="module")
def writer() -> tuple[CompiledNet, torch.nn.Module]:
    """The template after a few steps, so that its names end."""
    net = compile_net(load("names_writer"))
    model, fields = net.model(1), load_data(net.plan)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    generator = torch.Generator().manual_seed(0)
    for _ in range(40):
        chosen = torch.randint(len(fields["names.text"]), (128,), generator=generator)
        batch = {key: fields[key][chosen] for key in fields.names}
        scores = model(*net.inputs_from(batch))
        loss = torch.nn.functional.cross_entropy(scores.movedim(-1, 1), batch["names.next"], ignore_index=0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return net, model.eval()


def look_of(writer: tuple[CompiledNet, torch.nn.Module]) -> Look:
    return Look(Subject(*writer, Samples({}, ())))


@pytest.mark.parametrize("temperature", [0.5, 1.3])
def test_letters_are_drawn_by_their_probability(
    writer: tuple[CompiledNet, torch.nn.Module], temperature: float
) -> None:
    """Fails if a letter is drawn from the scores of another step, the temperature is left out or turned round, the
    origin is another, or a name goes on behind its end."""
    net, model = writer
    origin, count = 9, 6
    made = write(look_of(writer), origin, count, temperature, seed=5)
    told, read = words_of(net.plan.sources[0], "next"), words_of(net.plan.sources[0], "text")
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        state = model.origin(torch.full((count,), origin))[None]
        letter = torch.full((count,), read.index("<start>"))
        names, done = [""] * count, [False] * count
        for _ in range(net.plan.sources[0].fields["text"].sizes[0]):
            output, state = model.gru(model.letters(letter)[:, None], state)
            scores = model.fc(output[:, 0]).double()
            weights = torch.exp(scores / temperature)
            weights[:, 0] = 0
            weights[:, len(told) :] = 0
            drawn = torch.multinomial(weights / weights.sum(1, keepdim=True), 1, generator=generator)[:, 0].tolist()
            for row, code in enumerate(drawn):
                done[row] = done[row] or told[code] == "<end>"
                names[row] += "" if done[row] else told[code]
            letter = torch.tensor([0 if end else read.index(told[code]) for end, code in zip(done, drawn)])
    assert [each.name for each in made] == names
    assert any(done)
    assert all(len(each.chances) in (len(each.name), len(each.name) + 1) for each in made)


def test_the_view_tells_names_of_the_data_from_others(writer: tuple[CompiledNet, torch.nn.Module]) -> None:
    """Fails if a name that was copied counts as made up, or the same seed draws other names."""
    look = look_of(writer)
    settings = {"origin": "italian", "count": 5, "seed": 3}
    (first,), (again,) = (views()["written_names"].pictures(look, settings) for _ in range(2))
    assert first.labels == again.labels
    assert first.title.startswith("5 Italian names")
    net = writer[0]
    told = words_of(net.plan.sources[0], "next")
    rows = load_data(net.plan)["names.next"].tolist()
    known = {"".join(told[code] for code in row if code > 1) for row in rows}
    for label in first.labels[:5]:
        assert label.endswith("*") == (label.rstrip("*").lower() in known)


@pytest.mark.parametrize(
    ("settings", "said"), [({"origin": "Italain"}, "Did you mean Italian"), ({"origin": "Klingon"}, "There are: Croat")]
)
def test_an_origin_that_is_none(
    writer: tuple[CompiledNet, torch.nn.Module], settings: dict[str, str], said: str
) -> None:
    """Fails if a misspelt origin ends in a traceback, or names of another are shown."""
    with pytest.raises(NoPicture, match=said):
        views()["written_names"].pictures(look_of(writer), settings)


def test_a_net_that_writes_no_names_says_so() -> None:
    """Fails if another net ends in a traceback."""
    net = compile_net(load("mlp_digits"))
    with pytest.raises(NoPicture, match="Writer of names"):
        views()["written_names"].pictures(Look(Subject(net, net.model(0), Samples({}, ()))), {})
