"""Lengths in the units that files use, converted to the world unit nanometre."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from napari_dacapo.errors import DataError

_NANOMETRES = {
    "picometer": Fraction(1, 1000),
    "angstrom": Fraction(1, 10),
    "nanometer": Fraction(1),
    "micrometer": Fraction(10**3),
    "millimeter": Fraction(10**6),
    "centimeter": Fraction(10**7),
    "inch": Fraction(25_400_000),
    "meter": Fraction(10**9),
}
_SYMBOLS = {
    "pm": "picometer",
    "å": "angstrom",
    "a": "angstrom",
    "nm": "nanometer",
    "um": "micrometer",
    "µm": "micrometer",  # micro sign
    "μm": "micrometer",  # Greek mu
    "micron": "micrometer",
    "mm": "millimeter",
    "cm": "centimeter",
    "in": "inch",
    "m": "meter",
}
#: words that say that no physical unit is known; such lengths count as nanometres
_NO_UNIT = ("", "pixel", "px", "voxel", "vx", "unit", "none", "dimensionless")


def is_unit(unit: Any) -> bool:
    """Whether `unit` names a physical length (known or not)."""
    return isinstance(unit, str) and _normalised(unit) not in _NO_UNIT


def nanometres(unit: Any, where: object) -> Fraction:
    """Return how many nanometres one `unit` is; no unit counts as nanometre.

    Parameters
    ----------
    unit : str or None
        As written in the file.
    where : object
        What the error names as the place of the unit.

    Raises
    ------
    DataError
        If the unit is not a known unit of length.
    """
    if not is_unit(unit):
        return Fraction(1)
    name = _normalised(unit)
    name = _SYMBOLS.get(name, name)
    if name not in _NANOMETRES:
        raise DataError(
            f"{where} has the unit {unit!r}, which is not a known length; the known "
            f"ones are {', '.join(_NANOMETRES)}"
        )
    return _NANOMETRES[name]


def length_nm(value: float, factor: Fraction, where: object) -> float:
    """Return `value` times `factor` nanometres.

    Raises
    ------
    DataError
        If that is more than any number of this machine can hold.
    """
    try:
        return float(Fraction(value) * factor)
    except OverflowError:
        raise DataError(
            f"{where} has the length {value:g}, which is too large; correct it in the "
            "file"
        ) from None


def _normalised(unit: str) -> str:
    name = unit.strip().lower()
    if len(name) > 2:
        name = name.removesuffix("s")
    return name.removesuffix("re") + "er" if name.endswith("metre") else name
