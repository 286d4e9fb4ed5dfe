"""Volumes and settings as they are given on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo.arrays import CropArrayConfig
from napari_dacapo.arrays.opening import open_path
from napari_dacapo.errors import ConfigError
from napari_dacapo.runs._inputs import parse_roi

if TYPE_CHECKING:
    from napari_dacapo.arrays import ArrayConfig


@attrs.frozen
class Volumes:
    """Raw volumes and their labels, as given by ``--[prefix]raw``, ``--[prefix]gt``.

    Of the labels only the box `roi` (text, nm) counts, if there is one.
    """

    prefix: str
    raw: list[str]
    gt: list[str]
    roi: str | None

    def pairs(self) -> list[tuple[ArrayConfig, ArrayConfig]]:
        """Return configs of the volumes.

        Raises
        ------
        ConfigError
            If a raw volume has no labels or the other way round.
        """
        if len(self.raw) != len(self.gt):
            raise ConfigError(
                f"--{self.prefix}raw is given {len(self.raw)} times and "
                f"--{self.prefix}gt {len(self.gt)} times; every raw volume needs its "
                "labels"
            )
        return [
            (open_path(raw), self._cropped(open_path(gt)))
            for raw, gt in zip(self.raw, self.gt, strict=True)
        ]

    def _cropped(self, labels: ArrayConfig) -> ArrayConfig:
        if self.roi is None:
            return labels
        array = labels.create_array()
        # the nearest faces: boxes side by side must not share the voxels between them
        roi = parse_roi(self.roi, array.spatial_axes).snap_to_grid(
            array.voxel_size, "closest", array.roi.offset
        )
        return CropArrayConfig(f"{labels.name}_{self.prefix}part", labels, roi)


@attrs.frozen
class DataPaths:
    """Volumes to learn from and to check on."""

    train: Volumes
    validate: Volumes

    @classmethod
    def given(
        cls,
        raw: list[str] | None,
        gt: list[str] | None,
        train_roi: str | None,
        validate_raw: list[str] | None,
        validate_gt: list[str] | None,
        validate_roi: str | None,
    ) -> DataPaths:
        """Return what the options of the same names say; `None` if not given."""
        return cls(
            Volumes("", raw or [], gt or [], train_roi),
            Volumes("validate-", validate_raw or [], validate_gt or [], validate_roi),
        )

    def validation(self) -> Volumes:
        """Return the volumes to check on; with a region only, those of the training."""
        if self.validate.roi is None or self.validate.raw or self.validate.gt:
            return self.validate
        return attrs.evolve(self.validate, raw=self.train.raw, gt=self.train.gt)


def parse_classes(texts: list[str]) -> dict[str, list[int]] | None:
    """Return names and labels of ``NAME=LABEL,LABEL`` texts, `None` if there are none.

    Raises
    ------
    ConfigError
        If a text has another form.
    """
    classes = {}
    for text in texts:
        name, _, labels = text.partition("=")
        try:
            classes[name] = [int(label) for label in labels.split(",") if label]
        except ValueError:
            raise ConfigError(
                f"--class: {text!r} is not of the form NAME=LABEL,LABEL with whole "
                "numbers as labels"
            ) from None
    return classes or None


def suggest_settings(
    task: str | None,
    classes: list[str] | None,
    lsds: bool | None,
    name: str | None,
    iterations: int | None,
) -> dict[str, Any]:
    """Return what was given as arguments of :func:`napari_dacapo.runs.suggest`."""
    settings = {
        "task": task,
        "classes": parse_classes(classes or []),
        "lsds": lsds,
        "name": name,
        "num_iterations": iterations,
    }
    return {key: value for key, value in settings.items() if value is not None}
