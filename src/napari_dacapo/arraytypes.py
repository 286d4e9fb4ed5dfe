"""What the values of an array mean, hence whether they may be interpolated."""

from __future__ import annotations

from typing import ClassVar

import attrs


@attrs.frozen
class ArrayType:
    """Base of all array types."""

    interpolatable: ClassVar[bool]


@attrs.frozen
class AnnotationArray(ArrayType):
    """Labels; `classes` maps label to class name."""

    interpolatable: ClassVar[bool] = False
    classes: dict[int, str] = attrs.field(factory=dict)


@attrs.frozen
class BinaryArray(ArrayType):
    """0 or 1 per channel."""

    interpolatable: ClassVar[bool] = False
    channels: tuple[str, ...] = ()


@attrs.frozen
class Mask(ArrayType):
    """1 = use, 0 = ignore."""

    interpolatable: ClassVar[bool] = False


@attrs.frozen
class IntensitiesTypeArray(ArrayType):
    """Picture intensities."""

    interpolatable: ClassVar[bool] = True


@attrs.frozen
class DistanceArray(ArrayType):
    """Signed distances to the object boundary, squashed to (-1, 1)."""

    interpolatable: ClassVar[bool] = True
    channels: tuple[str, ...] = ()


@attrs.frozen
class EmbeddingArray(ArrayType):
    """Learned feature vectors, such as affinities with descriptors."""

    interpolatable: ClassVar[bool] = True
    dims: int = 1


@attrs.frozen
class ProbabilityArray(ArrayType):
    """Class probabilities in [0, 1]."""

    interpolatable: ClassVar[bool] = True
    classes: tuple[str, ...] = ()
