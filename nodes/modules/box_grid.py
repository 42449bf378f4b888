"""The maps of a detector as boxes."""

import torch
from torch import nn


class BoxGrid(nn.Module):
    """Reads maps (n, 5 · boxes + classes, rows, columns) as boxes (n, rows, columns, boxes, 4) of middle, width and
    height as shares of the picture, how surely there is something in each (n, rows, columns, boxes), and the scores of
    the classes of each cell (n, rows, columns, classes)."""

    def __init__(self, boxes: int) -> None:
        super().__init__()
        self.boxes = boxes

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        rows, columns = x.shape[2:]
        x = x.permute(0, 2, 3, 1)
        places = x[..., : 5 * self.boxes].unflatten(-1, (self.boxes, 5)).sigmoid()
        left = torch.arange(columns, device=x.device, dtype=x.dtype)[None, None, :, None]
        top = torch.arange(rows, device=x.device, dtype=x.dtype)[None, :, None, None]
        middle_x, middle_y = (left + places[..., 0]) / columns, (top + places[..., 1]) / rows
        boxes = torch.stack([middle_x, middle_y, places[..., 2], places[..., 3]], -1)
        return boxes, places[..., 4], x[..., 5 * self.boxes :]
