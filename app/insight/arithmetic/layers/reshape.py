"""What only moves numbers, or leaves some out; and what does nothing once the net is used."""

from __future__ import annotations

from app.insight.arithmetic.layer_call import LayerCall, Stages
from app.insight.arithmetic.operations import MaximumStage, MovedStage
from app.insight.arithmetic.registry import arithmetic
from app.insight.arithmetic.stage import Index


@arithmetic(
    "Concat",
    "Crop",
    "Flatten",
    "GradientReversal",
    "Identity",
    "Pad",
    "Permute",
    "Repeat",
    "Reshape",
    "Select",
    "Slice",
    "Squeeze",
    "StopGradient",
    "ToFloat",
    "Unsqueeze",
    "ZeroPad2d",
)
def moves(at: LayerCall) -> Stages:
    """The layer itself is asked where each number stood."""
    return {"output": at.moved()}


@arithmetic("Along")
def along(at: LayerCall) -> Stages:
    """A mean, a sum or the largest along an axis."""
    if at.settings["how"] != "largest":
        return {"output": at.shares("All values along the axis, added with their shares.")}
    dim = int(at.settings["dim"])
    axis = dim - 1 if dim > 0 else dim % len(at.x.shape)

    def members(index: Index) -> list[Index]:
        return [(*index[:axis], place, *index[axis:]) for place in range(at.x.shape[axis])]

    return {"output": MaximumStage(at.x, at.output["output"], members, "The largest value along the axis.")}


@arithmetic(
    "AlphaDropout", "Dropout", "Dropout2d", "GaussianNoise", "ModalityDropout", "Reparameterize", "SpectrogramMask"
)
def training_only(at: LayerCall) -> Stages:
    """In training they disturb; here they hand on what arrives."""
    moved: MovedStage = at.moved()
    moved.rule = "It only acts in training. Here it hands on the number that stood at {place}."
    return {"output": moved}
