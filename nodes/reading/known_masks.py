"""What the values of masks mean in public sets that say it in no file of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable

VOC = tuple(
    "background aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person "
    "pottedplant sheep sofa train tvmonitor".split()
)
CITYSCAPES = tuple(
    name.replace("_", " ")
    for name in (
        "unlabeled ego_vehicle rectification_border out_of_roi static dynamic ground road sidewalk parking rail_track "
        "building wall fence guard_rail bridge tunnel pole polegroup traffic_light traffic_sign vegetation terrain sky "
        "person rider car truck bus caravan trailer train motorcycle bicycle"
    ).split()
)
CITYSCAPES_TRAINED = tuple(
    name
    for name in CITYSCAPES[7:]
    if name not in ("parking", "rail track", "guard rail", "bridge", "tunnel", "polegroup", "caravan", "trailer")
)
_VOC = re.compile(r"(^|/)voc[^/]*(/.*)?/segmentationclass[^/]*$")  # others keep their own classes in such a folder
TRIMAP = frozenset({1, 2, 3})  # of the Oxford pets: the animal, what is behind it, and a border of neither


def known_names(folders: Iterable[str], endings: Iterable[str], values: Iterable[int]) -> tuple[str, tuple[str, ...]]:
    """Whose masks these are, and the names of their classes from 0 on; nothing where that is not known. ``folders``
    are those of the masks, ``endings`` how their names end, ``values`` what was seen in them but the border, 255."""
    names = [folder.lower() for folder in folders]
    most = max((value for value in values if value != 255), default=0)
    if names and all(_VOC.search(name) for name in names) and most < len(VOC):
        return "Pascal VOC", VOC
    ids = {ending.lower() for ending in endings}
    if ids == {"_gtfine_labelids"} and most < len(CITYSCAPES):
        return "Cityscapes", CITYSCAPES
    if ids == {"_gtfine_labeltrainids"} and most < len(CITYSCAPES_TRAINED):
        return "Cityscapes", CITYSCAPES_TRAINED
    return "", ()


def is_trimap(folders: Iterable[str], values: Iterable[int]) -> bool:
    """Whether these are masks as those of the Oxford pets."""
    return all("trimaps" in folder.lower().split("/") for folder in folders) and set(values) <= TRIMAP
