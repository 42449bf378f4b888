"""Which losses have an arithmetic of one sample, and why the others have none."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.insight.arithmetic import losses, pair_losses
from app.insight.arithmetic.detection_loss import detection
from app.insight.arithmetic.layer_call import Stages
from app.insight.arithmetic.losses import AskedLoss
from app.insight.arithmetic.path_loss import paths

LOSSES: Mapping[str, Callable[[AskedLoss], Stages]] = {
    "BCELoss": losses.yes_or_no,
    "BCEWithLogitsLoss": losses.yes_or_no_of_scores,
    "ContrastiveLoss": pair_losses.contrastive,
    "CosineEmbeddingLoss": pair_losses.cosine,
    "CrossEntropyLoss": losses.of_classes,
    "CTCLoss": paths,
    "DetectionLoss": detection,
    "GaussianKLLoss": losses.code_kl,
    "HalfSquaredError": losses.half_squared,
    "HingeLoss": losses.hinge,
    "HuberLoss": losses.huber,
    "KLDivLoss": losses.divergence,
    "L1Loss": losses.absolute,
    "MSELoss": losses.squared,
    "NLLLoss": losses.of_classes,
    "TripletMarginLoss": pair_losses.triplet,
    "WassersteinLoss": losses.wasserstein,
}

# A number that is made of more than the sample that is shown cannot be followed from it.
REASONS: Mapping[str, str] = {
    "BatchTripletLoss": "it is made of triplets that are found in a whole batch, and one sample alone has none",
    "GradientPenalty": "it is made of the slope of a score, which only a step of the training works out",
    "QLearningLoss": "it is made of what a slow copy of the net says of the next state, which no sample tells",
}
