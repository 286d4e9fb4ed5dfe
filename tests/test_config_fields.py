"""Every field of every config explains itself: forms, tooltips and help rely on it."""

from __future__ import annotations

import re

import attrs
import pytest

from napari_dacapo import _registry
from napari_dacapo._config import config_field
from napari_dacapo._registry import lookup
from napari_dacapo.errors import ConfigError
from napari_dacapo.tasks.evaluators import EvaluationScores

_registry.load_components()
#: records of results, not settings
_CONFIGS = [
    cls
    for name, cls in sorted(_registry._CLASSES.items())
    if cls.__module__.startswith("napari_dacapo.")
    and not issubclass(cls, EvaluationScores)
]


@pytest.mark.parametrize("cls", _CONFIGS, ids=lambda cls: cls.__name__)
class TestEveryConfig:
    def test_fields_have_help_text(self, cls):
        for field in attrs.fields(cls):
            text = field.metadata.get("help_text", "")
            where = f"{cls.__name__}.{field.name}"
            assert len(text.split()) >= 2, f"{where} has no help text"
            assert text[0].isupper() or text[0] in "`'", where
            assert text.rstrip()[-1] in ".!)", f"{where}: help text is no sentence"
            assert "  " not in text, where

    def test_limits_are_consistent(self, cls):
        for field in attrs.fields(cls):
            low = field.metadata.get("minimum")
            high = field.metadata.get("maximum")
            assert low is None or high is None or low < high
            choices = field.metadata.get("choices")
            if choices and not isinstance(field.default, attrs.Factory):
                assert field.default in (*choices, None, attrs.NOTHING)

    def test_is_documented(self, cls):
        assert cls.__doc__
        assert not re.match(rf"{cls.__name__}\(", cls.__doc__)

    def test_can_be_verified(self, cls):
        named = any(field.name == "name" for field in attrs.fields(cls))
        assert callable(getattr(cls, "verify", None)) or not named


@attrs.define
class _Settings:
    rate: float = config_field(
        "Rate.", default=0.5, minimum=0, maximum=1, exclusive_minimum=True
    )
    count: int | None = config_field("Count.", default=None, minimum=1)
    mode: str = config_field("Mode.", default="a", choices=("a", "b"))


class TestConfigField:
    def test_accepts_what_is_in_range(self):
        settings = _Settings(rate=1, count=3, mode="b")
        settings.rate = 0.1
        assert settings == _Settings(0.1, 3, "b")

    @pytest.mark.parametrize(
        ("values", "text"),
        [
            ({"rate": 0}, "rate: 0 is out of range; it must be greater than 0 and at"),
            ({"rate": 1.5}, "at most 1"),
            ({"rate": float("nan")}, "rate: nan is out of range"),
            ({"rate": "1"}, "rate: '1' is not a number"),
            ({"rate": True}, "rate: True is not a number"),
            ({"count": 0}, "count: 0 is out of range; it must be at least 1"),
            ({"mode": "c"}, "mode: 'c' is not one of 'a', 'b'"),
        ],
    )
    def test_refuses_the_rest_also_on_assignment(self, values, text):
        with pytest.raises(ConfigError, match=re.escape(text)):
            _Settings(**values)
        settings = _Settings()
        with pytest.raises(ConfigError, match=re.escape(text)):
            setattr(settings, *values.popitem())

    def test_metadata_serves_forms(self):
        metadata = attrs.fields(_Settings).rate.metadata
        assert metadata["help_text"] == "Rate."
        assert (metadata["minimum"], metadata["maximum"]) == (0, 1)

    @pytest.mark.parametrize("name", ["", "   ", None, 3])
    def test_names_are_needed(self, name):
        with pytest.raises(ConfigError, match="name: a name is required"):
            lookup("ArrayConfig")(name)
