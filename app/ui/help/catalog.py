"""Which picture explains which layer: by its id, else by its category, else the plain one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from app.ui.help import flows, images
from app.ui.help.functions import CURVES, Settings
from app.ui.help.sheet import Sheet
from nodes.api import Layer

Draw = Callable[[Sheet, Settings], str]  # paints, and gives the sentence that says what is seen

BY_ID: Mapping[str, Draw] = {
    "Conv1d": images.convolution_1d,
    "Conv3d": images.convolution_3d,
    "ConvTranspose1d": images.transposed_1d,
    "ConvTranspose2d": images.transposed,
    "LocallyConnected2d": images.local,
    "SeparableConv2d": images.separable,
    "MaxPool2d": images.max_pool,
    "AvgPool2d": images.average_pool,
    "MaxPool1d": images.max_pool_1d,
    "AvgPool1d": images.average_pool_1d,
    "MaxPool3d": images.pool_3d,
    "AvgPool3d": images.pool_3d,
    "AdaptiveAvgPool2d": images.adaptive,
    "AdaptiveMaxPool2d": images.adaptive,
    "GlobalAvgPool": images.global_average,
    "PixelShuffle": images.pixel_shuffle,
    "Upsample": images.upsample,
    "Bilinear": flows.bilinear,
    "Maxout": flows.maxout,
    "LSTM": flows.lstm,
    "GRU": flows.gru,
    "TransformerEncoderLayer": flows.encoder,
    "TransformerDecoderLayer": flows.decoder,
    "LearnedPositionalEncoding": flows.learned_positions,
    "PositionalEncoding": flows.positions,
    "OneHot": flows.one_hot,
    "Softmax": flows.softmax_bars,
    "LogSoftmax": flows.log_softmax_bars,
    "LayerNorm": flows.layer_norm,
    "GroupNorm": flows.group_norm,
    "InstanceNorm2d": flows.instance_norm,
    "LocalResponseNorm": flows.local_response,
    "Standardize": flows.standardize,
    "AlphaDropout": flows.alpha_dropout,
    "Dropout2d": flows.dropout_2d,
    "GaussianNoise": flows.noise,
    "Add": flows.add,
    "Subtract": flows.subtract,
    "Multiply": flows.multiply,
    "Mean": flows.mean,
    "Dot": flows.dot,
    "Reshape": images.reshape,
    "Permute": images.permute,
    "Pad": images.pad,
    "Repeat": images.repeat,
    "Select": images.select,
    "Slice": images.slice_,
    "Squeeze": images.squeeze,
    "Unsqueeze": images.unsqueeze,
    "GlobalStatistics": images.statistics,
    "Output": flows.way_out,
    "Out": flows.way_out,
    "KLDivLoss": flows.divergence,
    "CTCLoss": flows.path,
}

BY_CATEGORY: Mapping[str, Draw] = {
    "sources": flows.source,
    "ports": flows.way_in,
    "convolution": images.convolution,
    "pooling": images.max_pool,
    "dense": flows.linear,
    "recurrent": flows.rnn,
    "attention": flows.attention,
    "embedding": flows.embedding,
    "normalization": flows.batch_norm,
    "regularization": flows.dropout,
    "merge": flows.concat,
    "reshape": images.flatten,
    "arithmetic": flows.number,
    "augmentation": flows.augmentation,
    "block": flows.block,
}


def picture_of(layer: Layer | None, category: str) -> Draw:
    """The picture of a layer; for an unknown one, or a block, that of its category."""
    if layer is not None:
        if layer.id in CURVES:
            return partial(_plotted, layer.id)
        if layer.id in BY_ID:
            return BY_ID[layer.id]
        if layer.source is not None:
            return partial(flows.source, outputs=layer.outputs[:3])
    if category == "activation":
        return partial(_plotted, "ReLU")
    if category == "losses":
        return partial(_plotted, "MSELoss")
    return BY_CATEGORY.get(category, flows.some_layer)


def _plotted(name: str, sheet: Sheet, settings: Settings) -> str:
    curve = CURVES[name]
    sheet.plot(curve, settings)
    if curve.up == "loss":
        return f"The loss for each {curve.across}: the higher, the worse."
    return "What comes out for each number that goes in."
