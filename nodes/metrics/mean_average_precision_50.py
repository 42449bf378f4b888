"""Mean average precision at one limit of the overlap."""

from __future__ import annotations

from nodes.api import Counted, metric
from nodes.metrics._precision import averaged


@metric(id="map_50", name="mAP at 0.5", reads="boxes", percent=True)
def mean_average_precision_50() -> Counted:
    """The area below the curve of precision over recall of the boxes that are found (101 points, as COCO). The mean
    over the classes that occur; a box is a hit from an overlap (IoU) of 0.5 on."""
    return averaged(":1")
