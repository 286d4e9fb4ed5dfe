"""How values are written in text fields, exactly, and read back; no Qt in here."""

from __future__ import annotations

import csv
import io
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from napari_dacapo.geometry import Coordinate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def read_int(text: str) -> int:
    """Read a whole number.

    Raises
    ------
    ValueError
        If `text` is not one.
    """
    try:
        return int(text)
    except ValueError:
        raise ValueError(_complaint(text, "a whole number")) from None


def read_float(text: str) -> float:
    """Read a number such as ``0.5`` or ``1e-4``.

    Raises
    ------
    ValueError
        If `text` is not one.
    """
    try:
        return float(text)
    except ValueError:
        raise ValueError(_complaint(text, "a number")) from None


def write_number(value: Any) -> str:
    """Write a number with as many digits as it takes to read back the same."""
    if isinstance(value, bool) or (
        isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    ):
        return str(int(value))
    return repr(value) if isinstance(value, float) else str(value)


def read_coordinate(text: str) -> Coordinate:
    """Read numbers separated by commas or spaces; ``none`` stands for unbounded.

    Raises
    ------
    ValueError
        If there is none, or one is not a number.
    """
    tokens = text.strip("()[] ").replace(",", " ").replace(";", " ").split()
    if not tokens:
        raise ValueError("numbers are required, for example 32, 64, 64")
    return Coordinate(_read_component(token) for token in tokens)


def write_coordinate(value: Iterable[Any]) -> str:
    """Write a coordinate such that it reads back the same."""
    return ", ".join(_write_component(component) for component in Coordinate(value))


def _read_component(token: str) -> Fraction | None:
    if token.lower() == "none":
        return None
    try:
        return Fraction(token)
    except (ValueError, ZeroDivisionError):
        raise ValueError(_complaint(token, "a number")) from None


def _write_component(component: Any) -> str:
    if component is None:
        return "none"
    decimal = write_number(float(component))
    return decimal if Fraction(decimal) == component else str(component)


def read_items(text: str, read: Callable[[str], Any]) -> list[Any]:
    """Read items separated by commas; items with commas stand in double quotes.

    Raises
    ------
    ValueError
        If `read` refuses an item, or the quotes do not match.
    """
    if not text.strip():
        return []
    try:
        [row] = csv.reader([text], skipinitialspace=True, strict=True)
    except (csv.Error, ValueError):
        raise ValueError(f"{text!r} has unmatched quotes or line breaks") from None
    return [read(item.strip() if read is not str else item) for item in row]


def write_items(items: Iterable[Any], write: Callable[[Any], str]) -> str:
    """Write items separated by commas such that they read back the same."""
    return ", ".join(_quoted(write(item)) for item in items)


def _quoted(text: str) -> str:
    if text and text == text.strip() and not set(text) & set(',"\r\n'):
        return text
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="").writerow([text])
    return buffer.getvalue()


def step_number(text: str, steps: int, step: float | None) -> str:
    """Return the number in `text`, moved by `steps`.

    Without `step` the last power of ten below the number is used, so that 0.0001
    becomes 0.0002 and never jumps to 1.
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal(0)
    if not number.is_finite():
        return text
    size = Decimal(str(step)) if step else _power_of_ten(number, steps)
    moved = number + steps * size
    return str(int(moved)) if moved == int(moved) else write_number(float(moved))


def _power_of_ten(number: Decimal, steps: int) -> Decimal:
    if number == 0:
        return Decimal(1)
    size = Decimal(10) ** number.adjusted()
    # one step down from 0.0001 is 0.00009, not 0
    return size / 10 if abs(number) == size and steps * number < 0 else size


def _complaint(text: str, wanted: str) -> str:
    return f"{text!r} is not {wanted}" if text.strip() else f"{wanted} is required"
