"""Registration of all config classes with a converter, and every public name.

Users of DaCapo find here the names they used to import from this place; each is
imported on first use.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_dacapo._registry import lookup
from napari_dacapo.arrays.locations import Url, to_location
from napari_dacapo.geometry import Coordinate, Roi

from ._strict_hooks import shorten

if TYPE_CHECKING:
    from .converter import TypedConverter

#: roots of the hierarchies whose members are written with ``__type__``
HIERARCHIES = (
    "TaskConfig",
    "StartConfig",
    "ArchitectureConfig",
    "TrainerConfig",
    "AugmentConfig",
    "DataSplitConfig",
    "DatasetConfig",
    "ArrayConfig",
    "GraphStoreConfig",
    "EvaluationScores",
    "PostProcessorParameters",
)

_HOMES = {
    "architectures": (
        "Architecture ArchitectureConfig CNNectomeUNet CNNectomeUNetConfig "
        "DummyArchitecture DummyArchitectureConfig"
    ),
    "arrays": (
        "Array ArrayConfig BinarizeArray BinarizeArrayConfig ConcatArray "
        "ConcatArrayConfig CropArray CropArrayConfig DVIDArray DVIDArrayConfig "
        "DummyArray DummyArrayConfig IntensitiesArray IntensitiesArrayConfig "
        "LogicalOrArray LogicalOrArrayConfig MergeInstancesArray "
        "MergeInstancesArrayConfig MissingAnnotationsMask MissingAnnotationsMaskConfig "
        "NumpyArray OnesArray OnesArrayConfig ResampledArray ResampledArrayConfig "
        "SumArray SumArrayConfig ZarrArray ZarrArrayConfig"
    ),
    "datasplits": (
        "DataSplit DataSplitConfig DataSplitGenerator DummyDataSplit "
        "DummyDataSplitConfig TrainValidateDataSplit TrainValidateDataSplitConfig"
    ),
    "datasplits.datasets": (
        "Dataset DatasetConfig DummyDataset DummyDatasetConfig GraphStoreConfig "
        "RawGTDataset RawGTDatasetConfig"
    ),
    "starts": "CosemStart CosemStartConfig Start StartConfig",
    "tasks": (
        "AffinitiesTask AffinitiesTaskConfig DistanceTask DistanceTaskConfig DummyTask "
        "DummyTaskConfig HotDistanceTask HotDistanceTaskConfig InnerDistanceTask "
        "InnerDistanceTaskConfig OneHotTask OneHotTaskConfig PretrainedTask "
        "PretrainedTaskConfig Task TaskConfig"
    ),
    "tasks.evaluators": (
        "BinarySegmentationEvaluationScores BinarySegmentationEvaluator "
        "DummyEvaluationScores DummyEvaluator EvaluationScores Evaluator "
        "InstanceEvaluationScores InstanceEvaluator "
        "MultiChannelBinarySegmentationEvaluationScores"
    ),
    "tasks.post_processors": (
        "ArgmaxPostProcessor ArgmaxPostProcessorParameters DummyPostProcessor "
        "DummyPostProcessorParameters PostProcessor PostProcessorParameters "
        "ThresholdPostProcessor ThresholdPostProcessorParameters "
        "WatershedPostProcessor WatershedPostProcessorParameters"
    ),
    "trainers": (
        "DummyTrainer DummyTrainerConfig GunpowderTrainer GunpowderTrainerConfig "
        "Trainer TrainerConfig"
    ),
    "trainers.augments": (
        "AugmentConfig ElasticAugmentConfig GammaAugmentConfig IntensityAugmentConfig "
        "IntensityScaleShiftAugmentConfig SimpleAugmentConfig"
    ),
}
#: public name to the package that has it
PUBLIC_NAMES = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [  # noqa: PLE0604, RUF100 - the names of the table above
    "cls_fun",
    "register_hierarchy_hooks",
    "register_hooks",
    *sorted(PUBLIC_NAMES),
]


def cls_fun(typ: str) -> type:
    """Return the class called `typ`.

    Parameters
    ----------
    typ : str
        Name of a registered config class or of a public class of this module. It is
        compared with known names, never evaluated.

    Raises
    ------
    NameError
        If there is no such class; the text lists near names.
    """
    name = str(typ)
    found: type = _public(name) if name in PUBLIC_NAMES else lookup(name)
    return found


def register_hierarchy_hooks(converter: TypedConverter) -> None:
    """Register all config hierarchies with `converter`.

    Parameters
    ----------
    converter : TypedConverter
        Or any object with a method ``register_hierarchy(cls, cls_fn)``.
    """
    for name in HIERARCHIES:
        converter.register_hierarchy(lookup(name), cls_fun)


def register_hooks(converter: TypedConverter) -> None:
    """Register all hierarchies, paths, coordinates and ROIs with `converter`.

    Parameters
    ----------
    converter : TypedConverter
        Or any object with the methods ``register_hierarchy``,
        ``register_structure_hook`` and ``register_unstructure_hook``.
    """
    register_hierarchy_hooks(converter)
    converter.register_unstructure_hook(Path, str)
    converter.register_structure_hook(Path, lambda value, _: read_path(value))
    converter.register_unstructure_hook(Url, str)
    converter.register_structure_hook(Url, lambda value, _: _read_url(value))
    converter.register_unstructure_hook(Coordinate, Coordinate.to_plain)
    converter.register_structure_hook(Coordinate, lambda value, _: _read_vector(value))
    converter.register_unstructure_hook(Roi, Roi.to_plain)
    converter.register_structure_hook(Roi, lambda value, _: _read_roi(value))


def read_path(value: Any) -> Path:
    """Return a text as a path; anything else is a `TypeError`."""
    if not isinstance(value, (str, Path)):
        raise TypeError(f"{shorten(value)} is not a path")
    return Path(value)


def _read_url(value: Any) -> Url:
    location = to_location(value) if isinstance(value, str) else value
    if not isinstance(location, Url):
        raise TypeError(f"{shorten(value)} is not an address, such as https://host/x")
    return location


def _read_vector(value: Any) -> Coordinate:
    is_list = isinstance(value, (list, tuple))
    if not is_list or any(isinstance(number, bool) for number in value):
        raise TypeError(f"{shorten(value)} is not a list of numbers, one per axis")
    return Coordinate(value)


def _read_roi(value: Any) -> Roi:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise TypeError(
            f"{shorten(value)} is not a region, that is a list [offset, shape]"
        )
    return Roi(_read_vector(value[0]), _read_vector(value[1]))


def _public(name: str) -> Any:
    home = importlib.import_module(f"napari_dacapo.{PUBLIC_NAMES[name]}")
    return getattr(home, name)


def __getattr__(name: str) -> Any:
    if name not in PUBLIC_NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _public(name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
