"""Names and defaults of constructor arguments, so that numbers in printed calls can be called by what they are.

Torch is not asked: the code panel prints before torch has been loaded. A test compares this table with torch.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from nodes.api import Call
from nodes.modules.sources import source_of

OURS = "modules."  # constructors whose source is printed along
Slot = str | int  # an argument by name, or by position where its name is not known


class Required:
    """Stands where a default would, for an argument that has none."""


_CONVOLUTION = "in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, "
_CONVOLUTION += "padding_mode='zeros'"
_TRANSPOSED = "in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True, "
_TRANSPOSED += "dilation=1, padding_mode='zeros'"
_MAX_POOL = "kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False"
_AVG_POOL = "kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True"
_RECURRENT = "input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0, bidirectional=False"
_BATCH_NORM = "num_features, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True"
_TRANSFORMER = "d_model, nhead, dim_feedforward=2048, dropout=0.1, activation='relu', layer_norm_eps=1e-05, "
_TRANSFORMER += "batch_first=False, norm_first=False, bias=True"

# The arguments of torch.nn in order, without those that no layer gives.
TORCH: Mapping[str, str] = MappingProxyType(
    {
        "Conv1d": _CONVOLUTION,
        "Conv2d": _CONVOLUTION,
        "Conv3d": _CONVOLUTION,
        "ConvTranspose1d": _TRANSPOSED,
        "ConvTranspose2d": _TRANSPOSED,
        "ConvTranspose3d": _TRANSPOSED,
        "MaxPool1d": _MAX_POOL,
        "MaxPool2d": _MAX_POOL,
        "MaxPool3d": _MAX_POOL,
        "AvgPool1d": _AVG_POOL,
        "AvgPool2d": _AVG_POOL,
        "AvgPool3d": _AVG_POOL,
        "AdaptiveAvgPool1d": "output_size",
        "AdaptiveAvgPool2d": "output_size",
        "AdaptiveAvgPool3d": "output_size",
        "AdaptiveMaxPool1d": "output_size",
        "AdaptiveMaxPool2d": "output_size",
        "AdaptiveMaxPool3d": "output_size",
        "LPPool2d": "norm_type, kernel_size, stride=None, ceil_mode=False",
        "Upsample": "size=None, scale_factor=None, mode='nearest', align_corners=None",
        "PixelShuffle": "upscale_factor",
        "Linear": "in_features, out_features, bias=True",
        "Bilinear": "in1_features, in2_features, out_features, bias=True",
        "Embedding": "num_embeddings, embedding_dim, padding_idx=None",
        "RNN": "input_size, hidden_size, num_layers=1, nonlinearity='tanh', bias=True, batch_first=False, dropout=0.0, "
        "bidirectional=False",
        "LSTM": _RECURRENT + ", proj_size=0",
        "GRU": _RECURRENT,
        "RNNCell": "input_size, hidden_size, bias=True, nonlinearity='tanh'",
        "LSTMCell": "input_size, hidden_size, bias=True",
        "GRUCell": "input_size, hidden_size, bias=True",
        "MultiheadAttention": "embed_dim, num_heads, dropout=0.0, bias=True, add_bias_kv=False, add_zero_attn=False, "
        "kdim=None, vdim=None, batch_first=False",
        "TransformerEncoderLayer": _TRANSFORMER,
        "TransformerDecoderLayer": _TRANSFORMER,
        "ReLU": "",
        "ReLU6": "",
        "LeakyReLU": "negative_slope=0.01",
        "PReLU": "num_parameters=1, init=0.25",
        "ELU": "alpha=1.0",
        "SELU": "",
        "GELU": "approximate='none'",
        "SiLU": "",
        "Sigmoid": "",
        "Tanh": "",
        "GLU": "dim=-1",
        "Hardswish": "",
        "Mish": "",
        "Softplus": "beta=1.0, threshold=20.0",
        "Softmax": "dim=None",
        "LogSoftmax": "dim=None",
        "BatchNorm1d": _BATCH_NORM,
        "BatchNorm2d": _BATCH_NORM,
        "BatchNorm3d": _BATCH_NORM,
        "LayerNorm": "normalized_shape, eps=1e-05, elementwise_affine=True, bias=True",
        "RMSNorm": "normalized_shape, eps=None, elementwise_affine=True",
        "GroupNorm": "num_groups, num_channels, eps=1e-05, affine=True",
        "InstanceNorm2d": "num_features, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False",
        "LocalResponseNorm": "size, alpha=0.0001, beta=0.75, k=1.0",
        "Buffer": "data, *, persistent=True",
        "ZeroPad2d": "padding",
        "Dropout": "p=0.5",
        "Dropout2d": "p=0.5",
        "AlphaDropout": "p=0.5",
    }
)


@cache
def signature(constructor: str) -> Mapping[str, Any]:
    """The arguments of a constructor with their defaults, in order; empty if they are not known."""
    if constructor.startswith(OURS):
        return MappingProxyType(_of_class(constructor.removeprefix(OURS)))
    written = TORCH.get(constructor.removeprefix("nn."))
    return MappingProxyType(_parsed(written) if written else {})


def arguments(call: Call) -> dict[Slot, Any]:
    """What a call gives to its constructor, by name as far as names are known."""
    names = list(signature(call.constructor))
    given: dict[Slot, Any] = {
        names[place] if place < len(names) else place: value for place, value in enumerate(call.args)
    }
    return given | dict(call.kwargs)


def _parsed(written: str) -> dict[str, Any]:
    made = ast.parse(f"def make({written}): ...").body[0]
    assert isinstance(made, ast.FunctionDef)
    return _of_arguments(made.args)


def _of_arguments(declared: ast.arguments) -> dict[str, Any]:
    names = [argument.arg for argument in declared.args]
    defaults: list[Any] = [Required] * (len(names) - len(declared.defaults))
    defaults += [ast.literal_eval(default) for default in declared.defaults]
    keywords = {
        argument.arg: ast.literal_eval(default) if default is not None else Required
        for argument, default in zip(declared.kwonlyargs, declared.kw_defaults, strict=True)
    }
    return dict(zip(names, defaults, strict=True)) | keywords


def _of_class(name: str) -> dict[str, Any]:
    """The arguments of a class of ``nodes.modules``, without ``self``."""
    for part in ast.parse(source_of(name)).body:
        if isinstance(part, ast.ClassDef) and part.name == name:
            for method in part.body:
                if isinstance(method, ast.FunctionDef) and method.name == "__init__":
                    found = _of_arguments(method.args)
                    return {argument: default for argument, default in found.items() if argument != "self"}
    return {}
