"""Names of classes and fields in words, and the tooltips of fields."""

from __future__ import annotations

import html
import inspect
import re
from typing import Any

#: parts of class names that are not split at capitals, and how they are written
_CLASS_PARTS = {"CNNectome": "CNNectome", "UNet": "U-Net", "LSDs": "LSDs"}
_CLASS_WORD = re.compile(
    "|".join(_CLASS_PARTS) + r"|\d+[A-Z](?![a-z])|[A-Z]+\d*(?![a-z])|[A-Z]?[a-z]+|\d+",
    re.ASCII,
)
#: words of field names that are abbreviations
_FIELD_WORDS = {
    "2d": "2D",
    "3d": "3D",
    "affs": "affinities",
    "clipmax": "largest weight",
    "clipmin": "smallest weight",
    "datasplit": "data",
    "dims": "dimensions",
    "dvid": "DVID",
    "fmap": "feature map",
    "fmaps": "feature maps",
    "gt": "ground truth",
    "id": "ID",
    "ids": "IDs",
    "inc": "increase",
    "interp": "interpolation",
    "lsd": "LSD",
    "lsds": "LSDs",
    "max": "maximum",
    "min": "minimum",
    "num": "number of",
    "roi": "ROI",
    "tol": "tolerance",
    "voi": "VOI",
    "yaml": "YAML",
}


def class_title(cls: type) -> str:
    """Return the name of a config class in words: ``"Gunpowder trainer"``."""
    words = _CLASS_WORD.findall(cls.__name__.removesuffix("Config"))
    return _sentence(
        [_CLASS_PARTS.get(w, w if w.isupper() else w.lower()) for w in words]
    )


def class_slug(cls: type) -> str:
    """Return the name of a config class as a file name: ``"cnnectome_unet"``."""
    words = _CLASS_WORD.findall(cls.__name__.removesuffix("Config"))
    return "_".join(words).lower()


def class_summary(cls: type) -> str:
    """Return the first paragraph of the class's own docstring, or nothing."""
    text = inspect.cleandoc(cls.__dict__.get("__doc__") or "")
    return " ".join(text.split("\n\n")[0].split())


def field_label(name: str) -> str:
    """Return a field name in words: ``"num_fmaps"`` → "Number of feature maps"."""
    plain = re.sub(r"_config(s?)$", "", name.strip("_"))
    return _sentence([_FIELD_WORDS.get(word, word) for word in plain.split("_")])


def path_label(path: tuple[str, ...]) -> str:
    """Return where a field is, in words: ``"Trainer / Augments / 2 / Scale"``."""
    parts = (str(int(p) + 1) if p.isdigit() else field_label(p) for p in path)
    return " / ".join(parts)


def field_tooltip(metadata: dict[str, Any], default: str | None = None) -> str:
    """Return the tooltip of a field: help, range, unit and default as rich text.

    Rich text because Qt wraps only that.
    """
    facts = [fact for fact in (_range_words(metadata), _default_words(default)) if fact]
    lines = [metadata.get("help_text") or "", ". ".join(facts)]
    return "<qt>" + "<br/>".join(html.escape(line) for line in lines if line) + "</qt>"


def _range_words(metadata: dict[str, Any]) -> str:
    low, high = metadata.get("minimum"), metadata.get("maximum")
    above = "greater than" if metadata.get("exclusive_minimum") else "at least"
    limits = [] if low is None else [f"{above} {low:g}"]
    limits += [] if high is None else [f"at most {high:g}"]
    if not limits:
        return ""
    unit = metadata.get("unit")
    return _sentence([" and ".join(limits), *([unit] if unit else [])])


def _default_words(default: str | None) -> str:
    return "" if default is None else f"Default: {default}"


def _sentence(words: list[str]) -> str:
    text = " ".join(words)
    return text[:1].upper() + text[1:]
