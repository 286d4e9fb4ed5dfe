import math

import pytest

from napari_dacapo.cli._scores import parameter_text, score_text
from napari_dacapo.tasks.post_processors import (
    ArgmaxPostProcessorParameters,
    WatershedPostProcessorParameters,
)

OBJECTS = {"voi_split": 0.25, "voi_merge": 0.5, "voi": 0.375}


@pytest.mark.parametrize(
    ("scores", "text"),
    [
        (OBJECTS, "VOI 0.750 bits (split 0.250 + merge 0.500)"),
        (
            {**OBJECTS, "f1_score_50": 0.8, "adapted_rand_error": 0.1, "x": 1.0},
            "VOI 0.750 bits (split 0.250 + merge 0.500), F1 at IoU 0.5 0.800, adapted "
            "Rand error 0.100",
        ),
        (
            {"mito__dice": 0.5, "mito__jaccard": 0.3, "mito__f1_score": 0.5},
            "mito__dice 0.500, mito__f1_score 0.500",
        ),
        (
            {"none__dice": math.nan, "a__dice": 0.5, "b__dice": 0.7, "b__voi": 3.0},
            "mean Dice 0.600 (none nan, a 0.500, b 0.700)",
        ),
        (
            {"a__dice": math.nan, "b__dice": math.nan},
            "Dice unknown: there is no object of any class",
        ),
    ],
)
def test_scores_are_told_in_words(scores, text):
    assert score_text(scores) == text


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        (ArgmaxPostProcessorParameters(id=0), ""),
        (WatershedPostProcessorParameters(id=1, bias=0.4), "bias 0.4"),
        (
            WatershedPostProcessorParameters(id=1, bias=0.4, min_size=20),
            "bias 0.4, min_size 20",
        ),
    ],
)
def test_parameters_that_were_chosen(parameters, text):
    assert parameter_text(parameters) == text
