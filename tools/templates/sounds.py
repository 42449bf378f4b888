"""Nets that read and make sounds: speech as letters, and tones that go on."""

from __future__ import annotations

from app.core.graph.model import Block, Project
from app.data.source_looks import looked_at
from tools.templates.sketch import Sketch


def speech_ctc() -> Project:
    """Spectrogram, three convolutions that see a quarter of a second, and a CTC loss."""
    sketch = Sketch()
    speech = sketch.add("speech", "MadeUpSpeech")
    x = sketch.add("logmel", "LogMelSpectrogram", speech, sample_rate=8000, n_fft=256, hop_length=80, n_mels=40)
    x = sketch.add("plain", "Squeeze", x, dim=1)
    x = sketch.add("over_time", "Permute", x, dims=(2, 1))
    x = sketch.add("standardize", "Standardize", x)
    for number, stride in enumerate((2, 1, 1), 1):
        x = sketch.add(f"conv{number}", "Conv1d", x, out_channels=64, kernel_size=5, stride=stride, padding=2)
        x = sketch.add(f"relu{number}", "ReLU", x)
    x = sketch.add("fc", "Linear", x, out_features=21)
    x = sketch.add("log_softmax", "LogSoftmax", x)
    sketch.add("loss", "CTCLoss", x, "speech.text")
    return looked_at(
        sketch.project(
            "Speech with CTC",
            "Hears words that a made-up voice says letter by letter, and writes them, though nobody told which moment "
            "belongs to which letter (Graves et al. 2006; convolutions as in Collobert et al. 2016). Look inside: "
            "Alignment. At most one letter in a hundred comes out wrong.",
            optimizer="Adam",
            lr=0.005,
            epochs=25,
            batch_size=32,
            validation=0.1,
            clip_norm=5.0,
            schedule="cosine",
            metrics=("cer",),
        )
    )


def _gated(channels: int) -> Block:
    """One layer of a WaveNet: what is heard, times a gate; a part goes on, a part goes straight to the end."""
    sketch = Sketch()
    x = sketch.add("x", "In")
    heard = sketch.add("tanh", "Tanh", sketch.add("filter", "CausalConv1d", x, out_channels=channels))
    gate = sketch.add("sigmoid", "Sigmoid", sketch.add("gate", "CausalConv1d", x, out_channels=channels))
    both = sketch.add("gated", "Multiply", heard, gate)
    more = sketch.add("mix", "CausalConv1d", both, out_channels=channels, kernel_size=1)
    sketch.add("output", "Out", sketch.add("added", "Add", more, x))
    sketch.add("skip", "Out", sketch.add("to_skip", "CausalConv1d", both, out_channels=channels, kernel_size=1))
    sketch.in_rows(5)
    return sketch.block("tanh(filter) times sigmoid(gate), and around it.", dilation="filter.dilation gate.dilation")


def wavenet_tones() -> Project:
    """Seven layers whose dilation doubles, with gates, skips and mu-law classes."""
    channels, levels = 24, 64
    sketch = Sketch({"Gated": _gated(channels)})
    tones = sketch.add("tones", "MadeUpTones", levels=levels)
    x = sketch.add("embed", "Embedding", tones, num_embeddings=levels, embedding_dim=channels)
    skips = []
    for number in range(7):
        x = sketch.add(f"wave{number + 1}", "Gated", x, dilation=2**number)
        skips.append(f"{x}.skip")
    x = sketch.add("relu", "ReLU", sketch.add("skips", "Add", *skips))
    x = sketch.add("out1", "CausalConv1d", x, out_channels=levels, kernel_size=1)
    x = sketch.add("out2", "CausalConv1d", sketch.add("relu2", "ReLU", x), out_channels=levels, kernel_size=1)
    sketch.add("loss", "CrossEntropyLoss", x, "tones.next")
    return looked_at(
        sketch.project(
            "WaveNet of tones",
            "Hears 128 values of a tone and tells the next one as one of 64 levels, with dilated causal convolutions, "
            "gates and skips (WaveNet, van den Oord et al. 2016). Then it goes on by itself: Look inside, Continued "
            "sound, or netloom sample -o tone.wav; most tones keep their pitch.",
            optimizer="Adam",
            lr=0.004,
            epochs=8,
            batch_size=16,
            validation=0.1,
            clip_norm=5.0,
            schedule="cosine",
            metrics=("accuracy",),
        )
    )
