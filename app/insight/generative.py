"""What nets make: copies of what went in, pictures of a code, samples of a generator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from app.core.compile.generating import Generator, generator_of
from app.core.compile.net import CompiledNet
from app.core.compile.plan import Operand, PlannedStep, Ref
from app.insight.anatomy import behind_flatten, probe_name
from app.insight.capture import arguments, device_of, values_of
from app.insight.tiles import NoPicture
from nodes.api import Shape

DRAWS = "modules.Reparameterize"
DISTURBS = "modules.GaussianNoise"


@dataclass(frozen=True)
class PictureLoss:
    """A loss that compares an answer with a picture: the answer, what it should be, and the sizes of both."""

    loss: str
    answer: Operand
    truth: Operand
    shape: Shape


def compared_pictures(net: CompiledNet, model: nn.Module) -> list[PictureLoss]:
    """The losses that compare what the net gives with a picture, or with one in a row of numbers."""
    found = []
    for loss in net.plan.losses:
        answer, truth = loss.operands.get("prediction"), loss.operands.get("target")
        if answer is None or truth is None or answer.kind != "output":
            continue
        shape = _picture_of(net, model, truth)
        if shape is not None and shape.sizes[0] in (1, 3):
            found.append(PictureLoss(loss.name, answer, truth, shape))
    return found


def _picture_of(net: CompiledNet, model: nn.Module, operand: Operand) -> Shape | None:
    """The sizes of the picture that an operand of a loss is; None if it is none."""
    if operand.kind == "field":
        fields = {(source.node, port): shape for source in net.plan.sources for port, shape in source.fields.items()}
        fields |= {(step.node, "output"): step.shape for step in net.plan.augmentations}
        field = fields.get((operand.node, operand.port))
        return field if field is not None and field.kind == "image" else None
    seen = behind_flatten(net, model, net.plan.graph, Ref(operand.node, operand.port))
    return seen[1] if seen is not None else None


def value_of(
    net: CompiledNet, model: nn.Module, given: Sequence[Tensor], batch: Mapping[str, Tensor], operand: Operand
) -> Tensor:
    """What an operand of a loss is for these inputs, with the batch."""
    if operand.kind == "field":
        return batch[operand.key]
    name = probe_of(net, operand.node, operand.port)
    return values_of(net, model, given, [name])[name]


def probe_of(net: CompiledNet, node: str, port: str) -> str:
    """The probe's name of an output of a node."""
    step = next((each for each in net.plan.graph.steps if each.name == node), None)
    if step is not None and len(step.outputs) > 1:
        return f"{node}.{port}"
    return probe_name(net, node)


def disturbed(net: CompiledNet, model: nn.Module, seed: int) -> tuple[CompiledNet, nn.Module, str]:
    """The net with its noise as in training, the same for a seed, and the node whose value is disturbed last; the net
    itself and an empty name if it adds none."""
    strength: dict[str, float] = {
        step.name: float(step.call.args[0])  # type: ignore[arg-type]
        for step in net.plan.graph.running
        if step.call is not None and step.call.constructor == DISTURBS
    }
    if not strength:
        return net, model, ""

    def shaken(path: str, value: Tensor) -> Tensor:
        if path not in strength:
            return value
        generator = torch.Generator().manual_seed(seed)
        noise = torch.randn(value.shape, generator=generator).to(value.device)
        return value + strength[path] * noise

    changed, copy = net.with_changed_values(model, shaken)
    return changed, copy, list(strength)[-1]


def code_of(net: CompiledNet, node: str = "") -> PlannedStep:
    """The layer that is the code: the named one, or the one that draws from a distribution, or the narrowest list of
    numbers between what enters and the answer that a picture is compared with.

    Raises:
        NoPicture: if the named layer gives no list of numbers, or there is no such layer.
    """
    steps = [step for step in net.plan.graph.running if len(step.outputs) == 1]
    lists = {step.name: step for step in steps if _width(step) and step.name not in net.plan.unused}
    if node:
        if node not in lists:
            raise NoPicture(
                f"{node} gives no list of numbers, so there is no code to walk through. Choose another layer."
            )
        return lists[node]
    drawn = [step for step in lists.values() if step.call is not None and step.call.constructor == DRAWS]
    if drawn:
        return drawn[0]
    way = [step for step in _way_to_answers(net) if step.name in lists]
    if not way:
        raise NoPicture(
            "Nothing here squeezes a picture into a list of numbers and draws it again. The template "
            "Variational autoencoder does."
        )
    least = min(_width(step) for step in way)
    return [step for step in way if _width(step) == least][-1]


def _width(step: PlannedStep) -> int:
    shape = next(iter(step.outputs.values()))
    return shape.values if shape.dtype == "float" and shape.rank == 1 else 0


def _way_to_answers(net: CompiledNet) -> Iterator[PlannedStep]:
    """The layers before the answers that losses compare with something, without those answers themselves."""
    by_name = {step.name: step for step in net.plan.graph.running}
    ends = {
        loss.operands["prediction"].node
        for loss in net.plan.losses
        if "prediction" in loss.operands and loss.operands["prediction"].kind == "output"
    }
    ends |= {output.node for output in net.plan.outputs} if not ends else set()
    waiting, seen = list(ends), set(ends)
    while waiting:
        step = by_name.get(waiting.pop())
        for ref in (ref for refs in (step.inputs.values() if step is not None else ()) for ref in refs):
            if ref.node not in seen:
                seen.add(ref.node)
                waiting.append(ref.node)
    yield from (step for step in net.plan.graph.running if step.name in seen - ends)


def pictures_of_codes(
    net: CompiledNet, model: nn.Module, sample: Mapping[str, Tensor], code: PlannedStep, codes: Tensor
) -> np.ndarray:
    """What the net draws where ``code`` has these values (n, width): ``(n, height, width)`` or with three colours.

    Raises:
        NoPicture: if nothing behind the code is a picture.
    """
    target = answer_picture(net, model, code.name)
    one = arguments(net, model, sample, 0)
    given = [value.expand(len(codes), *value.shape[1:]) for value in one]
    wanted = codes.to(device_of(model))
    name = probe_name(net, code.name)

    def held(path: str, value: Tensor) -> Tensor:
        return wanted.to(value.dtype) if path == name else value

    changed, copy = net.with_changed_values(model, held)
    probe = probe_of(net, *target[0])
    value = values_of(changed, copy, given, [probe])[probe]
    return as_pictures(value.reshape(len(codes), *target[1].sizes))


def answer_picture(net: CompiledNet, model: nn.Module, behind: str) -> tuple[Ref, Shape]:
    """The picture that the net gives behind a layer: what a loss compares with a picture, else the last image that
    leaves.

    Raises:
        NoPicture: if there is none.
    """
    for each in compared_pictures(net, model):
        if behind in leading_to(net, each.answer.node):
            return Ref(each.answer.node, each.answer.port), each.shape
    for output in net.plan.outputs:
        if output.shape.kind == "image" and output.shape.sizes[0] in (1, 3) and behind in leading_to(net, output.node):
            return Ref(output.node, output.port), output.shape
    raise NoPicture(
        f"Behind {behind} the net draws no picture. A loss that compares its answer with one says what it is."
    )


def leading_to(net: CompiledNet, node: str) -> set[str]:
    """The layers and inputs that lead to a node, itself too."""
    by_name = {step.name: step for step in net.plan.graph.running}
    found, waiting = {node}, [node]
    while waiting:
        step = by_name.get(waiting.pop())
        for ref in (ref for refs in (step.inputs.values() if step is not None else ()) for ref in refs):
            if ref.node not in found:
                found.add(ref.node)
                waiting.append(ref.node)
    return found


def generator_in(net: CompiledNet) -> Generator | None:
    """The generator of a net with a source of noise: what is made of noise alone and has the shape of the data."""
    return generator_of(net.plan)


def made_of_noise(net: CompiledNet, model: nn.Module, generator: Generator, count: int, seed: int) -> Tensor:
    """So many samples that a generator makes, (count, *sizes of the data); the same for a seed.

    Raises:
        NoPicture: if the net does not run.
    """
    name = probe_of(net, *generator.made)
    value = values_of(net, model, noise_for(net, model, generator, count, seed), [name])[name]
    return value.reshape(count, *generator.shape.sizes)


def noise_for(net: CompiledNet, model: nn.Module, generator: Generator, count: int, seed: int) -> list[Tensor]:
    """What a net with a generator is given to make so many samples; zeros where no noise enters."""
    drawn = torch.Generator().manual_seed(seed)
    device = device_of(model)
    given = []
    for entry in net.plan.inputs:
        if entry.node in generator.noise:
            source = next(each for each in net.plan.sources if each.node == entry.node)
            given.append(_noise(source.type, source.settings, entry.shape, count, drawn).to(device))
        else:
            kind = torch.int64 if entry.shape.dtype == "int" else torch.float32
            given.append(torch.zeros((count, *entry.shape.sizes), dtype=kind, device=device))
    return given


def _noise(kind: str, settings: Mapping[str, object], shape: Shape, count: int, drawn: torch.Generator) -> Tensor:
    from nodes.api.registry import find

    layer = find(kind)
    assert layer is not None
    assert layer.source is not None
    assert layer.source.draw is not None
    fields = layer.source.draw(count, drawn, **settings)
    value = next(iter(fields.values()))
    assert isinstance(value, Tensor)
    return value.reshape(count, *shape.sizes)


def codes_of(net: CompiledNet, model: nn.Module, samples: Mapping[str, Tensor], code: PlannedStep) -> Tensor:
    """The codes of some samples, (n, width).

    Raises:
        NoPicture: if the inputs do not fit.
    """
    name = probe_name(net, code.name)
    return values_of(net, model, arguments(net, model, samples), [name])[name].flatten(1).float().cpu()


def drawn_codes(codes: Tensor, count: int, seed: int, standard: bool) -> Tensor:
    """New codes, (count, width): from the standard normal distribution, or from the one with mean and covariance of
    those that samples have."""
    drawn = torch.Generator().manual_seed(seed)
    noise = torch.randn(count, codes.shape[1], generator=drawn, dtype=torch.float64)
    if standard:
        return noise.float()
    mean = codes.double().mean(0)
    covariance = torch.cov(codes.double().T).reshape(codes.shape[1], codes.shape[1])
    values, vectors = torch.linalg.eigh(covariance)
    return (mean + noise * values.clamp(min=0).sqrt() @ vectors.T).float()


def as_pictures(values: Tensor) -> np.ndarray:
    """Pictures (n, channels, height, width) as ``(n, height, width)``, or ``(n, height, width, 3)`` from 0 to 1.

    Raises:
        NoPicture: if values are no numbers.
    """
    from app.insight.capture import array

    pixels = array(values, "What the net draws")
    return pixels[:, 0] if pixels.shape[1] == 1 else np.clip(np.moveaxis(pixels, 1, -1), 0.0, 1.0)


def psnr(answer: np.ndarray, truth: np.ndarray) -> float:
    """The peak signal-to-noise ratio in dB of values from 0 to 1: −10 · log₁₀ of the mean squared difference, with
    the answer cut to that range first; infinity where both are the same."""
    error = float(np.square(np.clip(answer, 0, 1).astype(np.float64) - truth).mean())
    return float("inf") if error == 0 else -10 * float(np.log10(error))


def similarity(answer: np.ndarray, truth: np.ndarray) -> float:
    """The structural similarity (SSIM, Wang et al. 2004) of two pictures with values from 0 to 1, the mean of their
    colours: in windows of 11 × 11 dots, smaller in small pictures, whose weights fall off with a deviation of 1.5 dots;
    edges are mirrored outwards, as in the metric of that name."""
    a, b = (
        torch.from_numpy(np.atleast_3d(np.clip(each, 0, 1)).astype(np.float64)).permute(2, 0, 1)
        for each in (answer, truth)
    )
    reach = min(5, *(size - 1 for size in a.shape[1:]))
    bell = torch.exp(-(torch.arange(-reach, reach + 1, dtype=torch.double) / 1.5).square() / 2)
    window = (bell.outer(bell) / bell.sum().square())[None, None]
    a, b = (torch.nn.functional.pad(each[None], [reach] * 4, "reflect")[0] for each in (a, b))
    near = torch.conv2d(torch.stack([a, b, a * a, b * b, a * b]).flatten(0, 1).unsqueeze(1), window)
    a, b, aa, bb, ab = near.reshape(5, -1, *truth.shape[:2])
    alike = (2 * a * b + 1e-4) * (2 * (ab - a * b) + 9e-4)
    return float((alike / ((a * a + b * b + 1e-4) * (aa - a * a + bb - b * b + 9e-4))).mean())
