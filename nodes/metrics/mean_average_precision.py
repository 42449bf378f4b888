"""Mean average precision over limits of the overlap."""

from __future__ import annotations

from nodes.api import Counted, metric
from nodes.metrics._precision import averaged


@metric(id="map", name="mAP at 0.5 to 0.95", reads="boxes", percent=True)
def mean_average_precision() -> Counted:
    """The area below the curve of precision over recall of the boxes that are found (101 points, as COCO). The mean
    over the classes that occur and over ten limits, 0.5, 0.55 to 0.95, from which overlap (IoU) on a box is a hit."""
    return averaged(":")
