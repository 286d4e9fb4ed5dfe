"""Validation scores in the words in which people compare segmentations."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_dacapo.tasks.post_processors import PostProcessorParameters

#: criteria of voxels shown after a validation, by the last part of their name
VOXEL_CRITERIA = ("dice", "f1_score")
#: what is averaged over several channels
CHANNEL_CRITERION = "dice"
#: criteria of objects besides the variation of information, and their words
OBJECT_CRITERIA = {
    "f1_score_50": "F1 at IoU 0.5",
    "adapted_rand_error": "adapted Rand error",
}


def parameter_text(parameters: PostProcessorParameters) -> str:
    """Return the numbers among post-processing parameters, advanced ones if changed."""
    return ", ".join(
        f"{field.name} {getattr(parameters, field.name):g}"
        for field in attrs.fields(type(parameters))
        if field.name != "id"
        and isinstance(getattr(parameters, field.name), int | float)
        and (
            not field.metadata.get("advanced")
            or getattr(parameters, field.name) != field.default
        )
    )


def score_text(scores: Mapping[str, float]) -> str:
    """Return the scores that matter most as a line of text.

    Objects: the variation of information in bits, split and merge and their sum, F1 at
    IoU 0.5 and the adapted Rand error, as far as they were computed. Voxels: Dice and
    F1 score; of several channels the mean Dice (channels without any object left out)
    and that of each.
    """
    if "voi_split" in scores:
        return _object_text(scores)
    dice = {
        name.rpartition("__")[0]: value
        for name, value in scores.items()
        if name.rpartition("__")[2] == CHANNEL_CRITERION
    }
    if len(dice) > 1:
        return _channel_text(dice)
    return ", ".join(
        f"{name} {value:.3f}"
        for name, value in scores.items()
        if name.rpartition("__")[2] in VOXEL_CRITERIA
    )


def _object_text(scores: Mapping[str, float]) -> str:
    split, merge = scores["voi_split"], scores["voi_merge"]
    parts = [f"VOI {split + merge:.3f} bits (split {split:.3f} + merge {merge:.3f})"]
    parts += [
        f"{words} {scores[name]:.3f}"
        for name, words in OBJECT_CRITERIA.items()
        if name in scores
    ]
    return ", ".join(parts)


def _channel_text(dice: Mapping[str, float]) -> str:
    known = [value for value in dice.values() if not math.isnan(value)]
    if not known:
        return "Dice unknown: there is no object of any class"
    each = ", ".join(f"{name} {value:.3f}" for name, value in dice.items())
    return f"mean Dice {sum(known) / len(known):.3f} ({each})"
