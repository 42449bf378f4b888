"""Attention: who looks at whom, and the mix that comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import sqrt
from typing import Any

import numpy as np

from app.insight.arithmetic.layer_call import LayerCall, Stages
from app.insight.arithmetic.layers.activation import gaussian, hyperbolic, rectified
from app.insight.arithmetic.layers.normalization import normed_features
from app.insight.arithmetic.number import Derivation
from app.insight.arithmetic.operations import ElementwiseStage, LinearStage, MatrixProductStage, SoftmaxStage
from app.insight.arithmetic.registry import arithmetic
from app.insight.arithmetic.stage import Index, ReorderedStage, Stage, part, swapped

_SCORES = "How alike query and key are: each product of both, added up, and divided by the root of their size."
_MIX = "Each value times how much attention it gets, added up."


def _hidden(steps: int, others: int, causal: bool) -> np.ndarray | None:
    return np.triu(np.ones((steps, others), bool), 1) if causal else None


@arithmetic("ScaledDotProductAttention")
def dot_product(at: LayerCall) -> Stages:
    """softmax(query · keyᵀ / √size) · value."""
    query, key, value = (at.arrived[name][0] for name in ("query", "key", "value"))
    share = 1 / sqrt(query.shape[-1])
    hidden = _hidden(query.shape[0], key.shape[0], bool(at.settings["causal"]))
    scores: Stage = MatrixProductStage(query, swapped(key), _SCORES, share, hidden).named(at.node, "scores")
    stages = {"scores": scores}
    if at.arrived.get("keep"):
        scores = _Kept(scores, at.arrived["keep"][0]).named(at.node, "scores that count")
        stages["scores that count"] = scores
    weights = SoftmaxStage(scores).named(at.node, "attention")
    return {"output": MatrixProductStage(weights, value, _MIX), **stages, "attention": weights}


def _heads(x: Stage, count: int) -> ReorderedStage:
    """(steps, features) as (heads, steps, features of a head)."""
    steps, features = x.shape
    size = features // count

    def to(index: Index) -> Index:
        head, step, feature = index
        return step, head * size + feature

    return ReorderedStage(x, x.values.reshape(steps, count, size).transpose(1, 0, 2), to)


def _together(x: Stage) -> ReorderedStage:
    """(heads, steps, size) as (steps, features)."""
    heads, steps, size = x.shape

    def to(index: Index) -> Index:
        step, feature = index
        return feature // size, step, feature % size

    return ReorderedStage(x, x.values.transpose(1, 0, 2).reshape(steps, heads * size), to)


def attention_stages(
    at: LayerCall,
    module: Any,
    path: str,
    inputs: Sequence[Stage],
    causal: bool,
    prefix: str = "",
    keep: Stage | None = None,
) -> Stages:
    """Those of the ``nn.MultiheadAttention`` at ``path`` in the layer's module, for (query, key, value)."""
    features, heads = int(module.embed_dim), int(module.num_heads)
    joint = at.maybe(f"{path}in_proj_weight")
    biases = at.maybe(f"{path}in_proj_bias")
    stages: Stages = {}
    made: list[Stage] = []
    for number, (letter, word, x) in enumerate(zip("qkv", ("query", "key", "value"), inputs)):
        rows = slice(number * features, (number + 1) * features)
        weight: Stage = part(joint, (rows,)) if joint is not None else at.weight(f"{path}{letter}_proj_weight")
        bias = (part(biases, (rows,)),) if biases is not None else ()
        name = f"{prefix}{word}"
        stages[name] = LinearStage(x, weight, *bias).named(at.node, name)
        made.append(_heads(stages[name], heads))
    query, key, value = made
    hidden = _hidden(query.shape[1], key.shape[1], causal)
    share = 1 / sqrt(features // heads)
    scores = MatrixProductStage(query, swapped(key, 1, 2), _SCORES, share, hidden).named(at.node, f"{prefix}scores")
    counted = scores
    if keep is not None:
        counted = stages[f"{prefix}scores that count"] = _Kept(scores, keep).named(
            at.node, f"{prefix}scores that count"
        )
    weights = SoftmaxStage(counted).named(at.node, f"{prefix}attention")
    mix = MatrixProductStage(weights, value, _MIX).named(at.node, f"{prefix}mix of the heads")
    bias_out = at.maybe(f"{path}out_proj.bias")
    biased = (bias_out,) if bias_out is not None else ()
    stages |= {f"{prefix}scores": scores, f"{prefix}attention": weights, f"{prefix}mix of the heads": mix}
    stages[f"{prefix}output"] = LinearStage(_together(mix), at.weight(f"{path}out_proj.weight"), *biased)
    return stages


@arithmetic("MultiheadAttention")
def multihead(at: LayerCall) -> Stages:
    """Several attentions side by side, each with its own view."""
    query = at.arrived["query"][0]
    key = at.arrived["key"][0] if at.arrived.get("key") else query
    value = at.arrived["value"][0] if at.arrived.get("value") else key
    keep = at.arrived["keep"][0] if at.arrived.get("keep") else None
    return attention_stages(at, at.module, "", (query, key, value), bool(at.settings["causal"]), keep=keep)


class _Parts:
    """The pieces that transformer layers are made of, in the order in which they act."""

    def __init__(self, at: LayerCall) -> None:
        self.at = at
        self.module: Any = at.module
        self.found: Stages = {}

    def keep(self, name: str, stage: Stage) -> Stage:
        self.found[name] = stage.named(self.at.node, name)
        return stage

    def norm(self, number: int, x: Stage) -> Stage:
        norm = getattr(self.module, f"norm{number}")
        at, prefix = self.at, f"norm {number} "
        weight, bias = at.maybe(f"norm{number}.weight"), at.maybe(f"norm{number}.bias")
        stages = normed_features(at, x, norm.eps, weight, bias, tuple(norm.normalized_shape), prefix=prefix)
        whole = stages.pop(f"{prefix}output")
        self.found |= stages
        return self.keep(f"norm {number}", whole)

    def attends(self, name: str, prefix: str, x: Stage, other: Stage, causal: bool, keep: Stage | None = None) -> Stage:
        stages = attention_stages(
            self.at, getattr(self.module, name), f"{name}.", (x, other, other), causal, prefix, keep
        )
        whole = stages.pop(f"{prefix}output")
        self.found |= stages
        return self.keep(f"{prefix}answer", whole)

    def inner(self, x: Stage) -> Stage:
        at = self.at
        sums = self.keep("inner sums", LinearStage(x, at.weight("linear1.weight"), at.weight("linear1.bias")))
        bend = rectified if at.settings["activation"] == "relu" else gaussian
        bent = self.keep("inner units", bend(sums))
        return self.keep("inner answer", LinearStage(bent, at.weight("linear2.weight"), at.weight("linear2.bias")))

    def plus(self, name: str, x: Stage, more: Stage) -> Stage:
        return self.keep(name, ElementwiseStage([x, more], "sum", "What arrived, and what was made of it, added."))


@arithmetic("TransformerEncoderLayer", "TransformerDecoderLayer")
def transformer(at: LayerCall) -> Stages:
    """Attention, then a fully connected layer for each step; what arrives is added to both."""
    parts, x, causal = _Parts(at), at.x, bool(at.settings["causal"])
    keep = at.arrived["keep"][0] if at.arrived.get("keep") else None
    blocks = [lambda v: parts.attends("self_attn", "attention ", v, v, causal, keep)]
    memory = at.arrived.get("memory")
    if memory:
        source, kept = memory[0], at.arrived.get("memory_keep")
        counts = kept[0] if kept else None
        blocks.append(lambda v: parts.attends("multihead_attn", "attention to the memory ", v, source, False, counts))
    blocks.append(parts.inner)
    first = bool(at.settings["norm_first"])
    for number, block in enumerate(blocks, 1):
        last = number == len(blocks)
        if first:
            x = parts.plus("output" if last else f"sum {number}", x, block(parts.norm(number, x)))
        else:
            x = parts.norm(number, parts.plus(f"sum {number}", x, block(x)))
    if keep is not None:
        x = _Emptied(parts.keep("answer", x), keep)
    parts.found["output"] = x
    return parts.found


class _Emptied(Stage):
    """What steps give that count; 0 for padding."""

    def __init__(self, x: Stage, keep: Stage) -> None:
        self._x, self._keep = x, keep

    @cached_property
    def values(self) -> np.ndarray:
        return np.where(self._keep.values[:, None] == 0, 0.0, self._x.values)

    def made(self, index: Index) -> Derivation:
        if self._keep.values[index[0]] == 0:
            return Derivation("given", "This step is padding: it gives 0.", 0.0)
        term = self._x.term(index)
        return Derivation("moved", f"The step counts: it gives {term.name}.", term.value, (term,))


class _Kept(Stage):
    """Scores of which those of some steps do not count: they become −1e9. A later step that is hidden stays so."""

    def __init__(self, x: Stage, keep: Stage) -> None:
        self._x, self._keep = x, keep

    @cached_property
    def values(self) -> np.ndarray:
        padded = (self._keep.values == 0) & (self._x.values > -np.inf)
        return np.where(padded, -1e9, self._x.values)

    def made(self, index: Index) -> Derivation:
        keep = self._keep.term((index[-1],))
        if keep.value == 0 and self._x.values[index] > -np.inf:
            return Derivation("function", "This step does not count: keep is 0 there.", -1e9, (keep,), lines=("−1e9",))
        term = self._x.term(index)
        return Derivation("moved", f"The step counts: its score is {term.name}.", term.value, (term, keep))


@arithmetic("AdditiveAttention", "MultiplicativeAttention")
def scored(at: LayerCall) -> Stages:
    """A mix of the steps of a memory, by a score of each."""
    query, memory = at.arrived["query"][0], at.arrived["memory"][0]
    alone = len(query.shape) == 1
    if alone:
        query = ReorderedStage(query, query.values[None], lambda index: index[1:])
    found: Stages = {}

    def keep(name: str, stage: Stage) -> Stage:
        found[name] = stage.named(at.node, name)
        return stage

    if at.maybe("turn.weight") is not None:
        turned = keep("turned query", LinearStage(query, at.weight("turn.weight")))
        rule = "How alike the turned query and the step of the memory are: each product of both, added up."
        scores: Stage = MatrixProductStage(turned, swapped(memory), rule)
    else:
        asked = keep("query", LinearStage(query, at.weight("query.weight"), at.weight("query.bias")))
        seen = keep("memory", LinearStage(memory, at.weight("memory.weight")))
        wide = ReorderedStage(asked, asked.values[:, None], lambda index: (index[0], index[2]))
        both = keep(
            "sums", ElementwiseStage([wide, seen], "sum", "What the unit makes of the query and of the step, added.")
        )
        bent = keep("units", hyperbolic(both))
        one = LinearStage(bent, at.weight("score.weight"))
        scores = ReorderedStage(one, one.values[..., 0], lambda index: (*index, 0))
    keep("scores", scores)
    if at.arrived.get("keep"):
        scores = keep("scores that count", _Kept(scores, at.arrived["keep"][0]))
    weights = keep("attention", SoftmaxStage(scores))
    mix = MatrixProductStage(weights, memory, _MIX)
    if alone:
        found["output"] = ReorderedStage(mix, mix.values[0], lambda index: (0, *index))
        found["weights"] = ReorderedStage(weights, weights.values[0], lambda index: (0, *index))
    else:
        found["output"], found["weights"] = mix, ReorderedStage(weights, weights.values, lambda index: index)
    return found
