"""Pictures of the data to draw on: large, and with dull colours, so that lines in bright ones can be told from them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from app.insight.generative import as_pictures
from app.insight.part_predictions import parts_for
from app.insight.view import Subject

CLEAR = 160  # dots that the longer side has at least, so that lines beside each other can be told apart


def dull_pictures(subject: Subject, key: str, numbers: np.ndarray) -> np.ndarray:
    """The samples with these numbers in the data, in this order: (n, height, width, 3) from 0 to 1, half way between
    their colours and grey, as all grey would hide what differs in its colour alone. Each dot is a square of so many
    dots that the longer side has CLEAR. ``key`` is the field, ``shapes.image``."""
    read = list(parts_for(subject.net).read(torch.from_numpy(np.sort(numbers))))
    row = {int(number): at for at, number in enumerate(torch.cat([some for some, _ in read]).tolist())}
    values: Tensor = torch.cat([batch[key] for _, batch in read]).float()[[row[int(each)] for each in numbers]]
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 1:
        values = (values - low) / ((high - low) or 1.0)
    grey = values.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    shown = as_pictures((grey + values) / 2 if values.shape[1] == 3 else grey)
    factor = max(1, -(-CLEAR // max(shown.shape[1:3])))
    return np.ascontiguousarray(shown.repeat(factor, 1).repeat(factor, 2), np.float32)
