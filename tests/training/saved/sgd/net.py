"""Saved sgd, drawn with Netloom."""

import torch
from torch import nn


class SavedSgd(nn.Module):
    """Takes image (1, 8, 8); gives fc1 (10,). Sizes leave out the batch."""

    def __init__(self):
        super().__init__()
        self.drop1 = nn.Dropout(0.5)
        self.fc1 = nn.Linear(64, 10)

    def forward(self, image):
        flatten = torch.flatten(image, 1)  # (64,)
        x = self.drop1(flatten)  # (64,)
        x = self.fc1(x)  # (10,)
        return x


class Losses(nn.Module):
    """What training makes small: each loss by its name."""

    def __init__(self):
        super().__init__()
        self.loss = nn.CrossEntropyLoss()

    def forward(self, fc1, label):
        loss = self.loss(fc1, label)
        return {"loss": loss}
