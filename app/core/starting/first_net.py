"""A sensible first net for data: it trains as it stands, and is small enough to be understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.core.graph.layout import arranged
from app.core.graph.model import Graph, Node, Project
from app.core.graph.names import default_name
from app.core.graph.recipe import Recipe
from app.core.graph.roles import in_role, role_of
from app.core.graph.seen import key_of
from app.core.graph.seen_schema import SeenSchema
from app.core.starting.chain import Chain, Place, side_of
from app.core.starting.encoders import SMALL_PICTURE, encoded, stepwise
from app.core.starting.exchange import LABEL_LOSS, exchange, taught
from app.core.starting.field_roles import FieldRoles, are_labels, field_roles, named_as_target
from app.core.starting.spelt import spelt, spoken_fields
from app.core.starting.task_nets import task_net
from nodes.api import Layer, Schema, Shape, cut
from nodes.api.registry import find

_GAP = (52.0, 40.0)
_STEPS = 4_000  # so many steps show what a first net can do
_TEST = 0.15  # of the samples, where there are enough
_EPOCHS = (5, 10, 20, 30, 50, 100)
_FEW_VALUES = 2  # that enter, as of a curve or of points in the plane
_OF_LABELS = ("accuracy", "exact_match", "f1_micro", "f1_macro", "auroc_macro")
_MOST_VALUES = 2_000_000  # numbers of a batch, beyond which a smaller batch is enough to do


@dataclass(frozen=True)
class FirstNet:
    """A drawing, and in a sentence what it does."""

    project: Project
    sentence: str


def drawing_for(layer: Layer, settings: Mapping[str, Any], schema: Schema, title: str = "") -> FirstNet:
    """A drawing for the data of a source with these settings: source, net, loss and recipe.

    Raises:
        ValueError: with a sentence, where nothing in the data can be learned.
    """
    if schema.samples is None and field_roles(schema.shapes).target is None:
        raise ValueError(f"{layer.name} is drawn anew for each batch, and nothing in it can be learned.")
    usual = task_net(layer, schema)
    if usual is not None and (made := _of_task(*usual, layer, settings, schema, title)) is not None:
        return made
    source = Node(default_name(layer.id, ()), layer.id, dict(settings))
    wide = "as stored" in (settings.get("scale"), schema.settled.get("scale"))
    chain, task = net_behind(source.name, schema.shapes, (source.name,), wide)
    chain.nodes = [_at_rate(node, settings, schema) for node in chain.nodes]
    graph = placed(chain.graph(source))
    seen = {}
    key = key_of(source)
    if key is not None:
        seen[key] = SeenSchema(schema)
    project = Project(cut(title, 80) or layer.name, task.sentence, graph, recipe=recipe_for(schema, task), schemas=seen)
    return FirstNet(project, task.sentence)


def _of_task(
    project: Project, sentence: str, layer: Layer, settings: Mapping[str, Any], schema: Schema, title: str
) -> FirstNet | None:
    """The net for a task with its data, measured as the task is; None where it does not fit."""
    try:
        made = fitted_net(project, layer, settings, schema).project
    except ValueError:
        return None
    recipe = made.recipe.with_setting("metrics", project.recipe.value("metrics"))
    made = replace(made, title=cut(title, 80) or layer.name, about=sentence, recipe=recipe)
    return FirstNet(replace(made, graph=placed(made.graph)), sentence)


def _at_rate(node: Node, settings: Mapping[str, Any], schema: Schema) -> Node:
    """A spectrogram that knows the rate of the sounds; any other node as it is."""
    if node.type != "LogMelSpectrogram":
        return node
    rate = settings.get("rate", "auto")
    rate = schema.settled.get("rate") if rate == "auto" else rate
    return node.with_param("sample_rate", rate) if isinstance(rate, int) else node


def placed(graph: Graph) -> Graph:
    """The graph with a place for each node."""
    places = arranged(graph, gap=_GAP, fold=True)
    return graph.with_nodes(*(replace(node, position=places[name]) for name, node in graph.nodes.items()))


@dataclass(frozen=True)
class Task:
    """What a net is to do. ``kind`` is ``classes``, ``labels``, ``numbers``, ``texts`` or ``again``
    (give what it read)."""

    kind: str
    sentence: str
    roles: FieldRoles


def net_behind(
    source: str, fields: Mapping[str, Shape], taken: tuple[str, ...], wide: bool = False
) -> tuple[Chain, Task]:
    """The layers and the loss behind a source of that name; ``wide`` if the dots of its pictures may lie anywhere, and
    not between 0 and 1.

    Raises:
        ValueError: with a sentence, where nothing in the data can be learned.
    """
    roles = field_roles(fields)
    chain = Chain(taken)
    spoken = spoken_fields(fields)
    if spoken is not None:
        spelt(chain, source, *spoken, fields)
        said = f"Hears {spoken[0]} and writes {spoken[1]}; which letter is heard when, it finds out by itself."
        return chain, Task("texts", said, FieldRoles(spoken[:1], spoken[1]))
    if roles.target is not None and fields[roles.target].classes == 1 and roles.reads:
        roles = FieldRoles(roles.reads)  # all samples are of one class: there is nothing to tell apart
    if not roles.reads:
        raise ValueError("This data has one field alone, so there is nothing to learn. Choose data with labels.")
    if roles.target is None:
        return chain, _again(chain, source, fields, roles, wide)
    goal = fields[roles.target]
    main = fields[roles.reads[0]]
    target = source, roles.target
    if len(roles.reads) == 2 and fields.get("previous") == goal and _is_tokens(main):
        at = _written(chain, (source, next(n for n in roles.reads if n != "previous")), (source, "previous"), fields)
    elif _each_place(main, goal):
        # The tag of a word is told by what stands on both sides of it.
        at = _place_by_place(chain, (source, roles.reads[0]), main, goal, both=roles.target == "tags")
    else:
        places = {name: (source, name) for name in roles.reads}
        if wide:
            places |= {name: chain.put("Standardize", places[name]) for name in roles.reads if fields[name].rank == 3}
        ends = [encoded(chain, places[name], fields[name]) for name in roles.reads]
        at = chain.put("Concat", *ends) if len(ends) > 1 else ends[0]
        at = _answer(chain, at, goal)
    kind = "classes" if _is_classes(goal) else "numbers"
    if are_labels(goal) and not _each_place(main, goal):
        kind = "labels"
    # What is written ends at different steps; the padding behind it is nothing to be learned, or to be right about.
    padded = kind == "classes" and ("previous" in roles.reads or (roles.target == "tags" and goal.rank == 1))
    loss = {"classes": "CrossEntropyLoss", "labels": LABEL_LOSS}.get(kind, "MSELoss")
    chain.put(loss, at, target, **({"ignore_index": 0} if padded else {}))
    read = " and ".join(roles.reads[:3]) + (" and more" if len(roles.reads) > 3 else "")
    what = f"which of {goal.classes:,} classes" if kind == "classes" else roles.target
    said = f"Reads {read} and says {what}" + (f" ({roles.target})." if kind == "classes" else " as a number.")
    if kind == "labels":
        said = f"Reads {read} and says of each of {goal.values:,} labels ({roles.target}) whether it fits."
    if goal.rank and kind == "numbers":
        said = f"Reads {read} and gives {roles.target}."
    if padded and roles.target == "tags":
        said = f"Reads {read} from both ends and says which of {goal.classes:,} tags each word has."
    if _each_place(main, goal) and roles.target == "next":
        said = f"Reads {read} and says at each step which of {goal.classes:,} comes next."
    if "previous" in roles.reads and kind == "classes":
        said = f"Reads {roles.reads[0]} and writes {roles.target}, step by step."
    if roles.others:
        said += f" {', '.join(roles.others)} could be learned too and is not used yet."
    return chain, Task(kind, said, roles)


def _is_tokens(shape: Shape) -> bool:
    return shape.dtype == "int" and shape.rank == 1 and shape.classes is not None


def _written(chain: Chain, read: Place, previous: Place, fields: Mapping[str, Shape]) -> Place:
    """An encoder, and a decoder that starts from its memory and reads what stood before each step."""
    encoder, _ = chain.put("LSTM", stepwise(chain, read, fields[read[1]]), hidden_size=128)
    goal = fields[previous[1]]
    at = stepwise(chain, previous, goal)
    at = chain.put("LSTM", at, (encoder, "h_n"), (encoder, "c_n"), hidden_size=128)
    return chain.put("Linear", at, out_features=goal.classes)


def _is_classes(goal: Shape) -> bool:
    return goal.dtype == "int" and goal.classes is not None and goal.classes > 1


def _each_place(main: Shape, goal: Shape) -> bool:
    """Whether there is an answer for each dot or step of what is read."""
    if main.rank == 3 and main.dtype == "float":
        return goal.rank >= 2 and goal.sizes[-2:] == main.sizes[-2:]
    steps = main.rank == 2 or (main.dtype == "int" and main.rank == 1)
    return steps and goal.rank >= 1 and goal.sizes[0] == main.sizes[0] and (goal.dtype == "int") == (goal.rank == 1)


def _place_by_place(chain: Chain, at: Place, main: Shape, goal: Shape, both: bool = False) -> Place:
    if main.rank == 3:
        for filters in (16, 32):
            at = chain.put("Conv2d", at, out_channels=filters, kernel_size=3, padding="same", bias=False)
            at = chain.put("ReLU", chain.put("BatchNorm2d", at))
        channels = goal.classes or 1 if goal.dtype == "int" else goal.sizes[0] if goal.rank == 3 else 1
        at = chain.put("Conv2d", at, out_channels=channels, kernel_size=3, padding="same")
        return chain.put("Reshape", at, shape=goal.sizes) if goal.dtype == "float" and goal.rank == 2 else at
    at = stepwise(chain, at, main) if main.dtype == "int" else chain.put("Standardize", at)
    at = chain.put("LSTM", at, hidden_size=64, bidirectional=True) if both else chain.put("LSTM", at, hidden_size=128)
    return chain.put("Linear", at, out_features=(goal.classes or 1) if goal.dtype == "int" else goal.sizes[-1])


def _answer(chain: Chain, at: Place, goal: Shape) -> Place:
    """Scores for the classes, or the numbers that are asked for."""
    if are_labels(goal):
        return chain.put("Linear", at, out_features=goal.values)
    if _is_classes(goal):
        assert goal.classes is not None
        at = chain.put("Linear", at, out_features=goal.values * goal.classes)
        if goal.rank == 1:
            at = chain.put("Reshape", at, shape=(goal.sizes[0], goal.classes))
        elif goal.rank > 1:
            at = chain.put("Reshape", at, shape=(goal.classes, *goal.sizes))
        return at
    at = chain.put("Linear", at, out_features=goal.values)
    if goal.rank > 1:
        return chain.put("Reshape", at, shape=goal.sizes)
    return chain.put("Unstandardize", at)  # prices of a hundred thousand are as easy to learn as shares


def _again(chain: Chain, source: str, fields: Mapping[str, Shape], roles: FieldRoles, wide: bool) -> Task:
    """An autoencoder: there are no labels, so the net gives what it has read, through few numbers."""
    learned = [each for each in roles.reads if fields[each].dtype == "float" and fields[each].rank]
    name = next((each for each in learned if not named_as_target(each)), None)
    if name is None and any(named_as_target(each) for each in roles.reads):
        raise ValueError(
            f"This data has nothing but {roles.reads[0]}, so there is nothing to learn it from. Use data with "
            "features, or make a feature of a column that is left out."
        )
    if name is None:
        raise ValueError("This data has no labels, and nothing in it that a net could give again. Add labels.")
    shape, start = fields[name], (source, name)
    if wide and shape.rank == 3:
        start = chain.put("Standardize", start)
    if shape.rank == 3 and side_of(shape) > SMALL_PICTURE:
        end, truth = _picture_again(chain, start, shape), start
    else:
        at = truth = chain.put("Standardize", start) if shape.rank < 3 else start
        if shape.rank > 1:
            at = chain.put("Flatten", at)
        code = max(2, min(16, shape.values // 4))
        for units in (64, code, 64):
            at = chain.put("ReLU", chain.put("Linear", at, out_features=units))
        end = chain.put("Linear", at, out_features=shape.values)
        end = chain.put("Reshape", end, shape=shape.sizes) if shape.rank > 1 else end
    chain.put("MSELoss", end, truth)
    said = f"There are no labels, so the net learns to give each {name} again, through a few numbers (an autoencoder)."
    return Task("again", said, FieldRoles((name,), name))


def _picture_again(chain: Chain, at: Place, shape: Shape) -> Place:
    """Down by halves, and up again to the very same sides."""
    channels, *sides = shape.sizes
    filters, way = 16, []
    while min(sides) > 8 and filters <= 128:
        at = chain.put("Conv2d", at, out_channels=filters, kernel_size=3, stride=2, padding=1, bias=False)
        at = chain.put("ReLU", chain.put("BatchNorm2d", at))
        way.append(tuple(sides))
        sides = [(side + 1) // 2 for side in sides]
        filters *= 2
    for step, before in enumerate(reversed(way)):
        last = step == len(way) - 1
        even = tuple(1 - side % 2 for side in before)  # half of 7 and half of 8 are both 4
        made = channels if last else filters // 2 ** (step + 2)
        at = chain.put(
            "ConvTranspose2d", at, out_channels=made, kernel_size=3, stride=2, padding=1, output_padding=even
        )
        at = at if last else chain.put("ReLU", at)
    return at


def recipe_for(schema: Schema, task: Task) -> Recipe:
    """Batches and epochs by how much data there is, metrics by what is learned."""
    count = schema.samples or 10_000
    values = max((schema.fields[name].shape.values for name in task.roles.reads), default=1)
    batch = 8 if count < 200 else 32 if count < 5_000 else 64 if count < 50_000 else 128
    while batch > 8 and batch * values > _MOST_VALUES:
        batch //= 2
    batch = min(batch, max(2, count // 8))  # of very few samples, still several steps in each epoch
    wanted = _STEPS * batch / count
    epochs = next((each for each in _EPOCHS if each >= wanted), _EPOCHS[-1])
    counts = schema.fields[task.roles.target].counts if task.roles.target is not None else ()
    rare = bool(counts) and min(counts) * 3 < max(counts)
    metrics = (("accuracy", "f1") if rare else ("accuracy",)) if task.kind == "classes" else ("mae", "r2")
    others: dict[str, tuple[str, ...]] = {"texts": ("cer",), "labels": _OF_LABELS, "again": ("mae",)}
    rate = 0.01 if values <= _FEW_VALUES else 0.001  # a curve needs larger steps to be learned in 100 epochs
    recipe = Recipe().with_settings(epochs=epochs, batch_size=batch, lr=rate, metrics=others.get(task.kind, metrics))
    shared = schema.overlap if schema.ordered else 0  # samples that are lost between two parts
    held = recipe.value("validation") * count
    if (
        count >= 20
        and not schema.complete
        and "test" not in schema.parts
        and count - held - _TEST * count - 2 * shared >= held
    ):
        recipe = recipe.with_setting("test", _TEST)
    if count == 1 or schema.complete or (shared and count - held - shared < held):  # a net can still learn it by heart
        recipe = recipe.with_settings(validation=0.0)
    return recipe


def fitted_net(project: Project, layer: Layer, settings: Mapping[str, Any], schema: Schema) -> FirstNet:
    """A drawing with the data of a source in the place of its own, or of its Input; sizes, loss and recipe fit.

    Raises:
        ValueError: with a sentence, where it cannot be made to fit.
    """
    roles = {name: role_of(node) for name, node in project.graph.nodes.items()}
    starts = [name for name, role in roles.items() if role == "source"]
    starts = starts or [name for name, role in roles.items() if role == "input"]
    if not starts:
        raise ValueError(f"{project.title} has no source and no Input, so there is no place for data in it.")
    first = max(starts, key=lambda name: len(project.graph.out_of(name)))
    done = exchange(project, first, layer, settings, schema)
    if done.left:
        reasons = [str(done.left[0]), *schema.remarks[:1]]  # such as that a text is too short to be one
        raise ValueError(f"{project.title} cannot be made to fit this data. {' '.join(reasons)}")
    schema = done.schema
    changed = done.command.apply(taught_of(project, layer, done.settings, schema))
    if not in_role(changed.graph, "loss"):
        raise ValueError(f"{project.title} has no loss, and this data nothing to learn. Choose another net.")
    if layer.source is not None and layer.source.plays:  # how one learns to play is the same in another game
        return FirstNet(replace(changed, recipe=project.recipe), done.sentence)
    task = _task_of(changed, done.name, schema)
    usual = recipe_for(schema, task)
    kept = {name: usual.value(name) for name in ("batch_size", "epochs", "metrics", "test")}
    if not usual.validation:  # there is nothing that could be held out
        kept["validation"] = 0.0
    changed = replace(changed, recipe=project.recipe.with_settings(**kept))
    return FirstNet(changed, done.sentence)


def taught_of(project: Project, layer: Layer, settings: Mapping[str, Any], schema: Schema) -> Project:
    """The project that knows what the data of such a source is."""
    return taught(project, Node(layer.id, layer.id, dict(settings)), schema)


def _task_of(project: Project, source: str, schema: Schema) -> Task:
    """What the losses of a drawing do with a source."""
    roles = field_roles(schema.shapes)
    reads = [find(node.type) for node in project.graph.nodes.values() if role_of(node) == "loss"]
    numbers = all(layer is not None and "numbers" in layer.reads.values() for layer in reads)
    targets = {w.source_port for w in project.graph.out_of(source) if w.target_port == "target"}
    again = bool(targets) and roles.target not in targets
    kind = "again" if again else "numbers" if numbers else "classes"
    goal = schema.shapes.get(roles.target) if roles.target is not None else None
    on_labels = any(layer is not None and layer.id == LABEL_LOSS for layer in reads)
    return Task("labels" if goal is not None and are_labels(goal) and on_labels else kind, "", roles)
