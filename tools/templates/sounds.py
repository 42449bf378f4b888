"""Nets that read and make sounds: speech as letters, and tones that go on."""

from __future__ import annotations

from app.core.graph.model import Project
from app.data.looks import looked_at
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
            "Alignment. Of 1,000 letters about 1 comes out wrong.",
            optimizer="Adam",
            lr=0.005,
            epochs=12,
            batch_size=32,
            validation=0.1,
            clip_norm=5.0,
            schedule="cosine",
            metrics=("cer",),
        )
    )
