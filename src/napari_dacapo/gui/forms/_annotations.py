"""What the annotations of config fields ask for; no Qt in here."""

from __future__ import annotations

import contextlib
import functools
import operator
import types
import typing
from typing import Any, Union, get_args, get_origin

import attrs

from napari_dacapo import _registry

from ._words import field_label


@attrs.frozen
class FormField:
    """One field of a config class, ready to be edited.

    Attributes
    ----------
    name, alias : str
        Name of the attribute, and of the constructor's argument.
    annotation : Any
        Its resolved type; a `str` if the type cannot be resolved.
    default : Any
        The default, `attrs.NOTHING` if the field must be filled in.
    computed : bool
        Whether leaving the field out makes the class compute it from other fields.
    metadata : dict
        What `config_field` was told.
    """

    name: str
    alias: str
    annotation: Any
    default: Any
    computed: bool
    metadata: dict[str, Any]

    @property
    def label(self) -> str:
        """The name in words."""
        return field_label(self.name)

    @property
    def required(self) -> bool:
        """Whether the user has to fill the field in."""
        return self.default is attrs.NOTHING and not self.computed


def attributes_of(cls: type) -> list[attrs.Attribute[Any]]:
    """Return the attributes of `cls` that its constructor takes, types resolved."""
    # a third-party class may use names that only type checkers see: fields whose type
    # stays a string are shown but not edited
    with contextlib.suppress(NameError):
        attrs.resolve_types(cls)
    return [attribute for attribute in attrs.fields(cls) if attribute.init]


def form_fields(cls: type) -> list[FormField]:
    """Return the fields of the attrs class `cls` in their order of declaration."""
    return [_form_field(attribute) for attribute in attributes_of(cls)]


def _form_field(attribute: attrs.Attribute[Any]) -> FormField:
    default, computed = attribute.default, False
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        factory: Any = default
        computed = factory.takes_self
        default = attrs.NOTHING if computed else factory.factory()
    return FormField(
        name=attribute.name,
        alias=attribute.alias or attribute.name,
        annotation=attribute.type,
        default=default,
        computed=computed,
        metadata=dict(attribute.metadata),
    )


def split_optional(annotation: Any) -> tuple[Any, bool]:
    """Return `annotation` without `None`, and whether it allowed `None`."""
    if get_origin(annotation) is typing.Annotated:
        return split_optional(get_args(annotation)[0])
    if not is_union(annotation):
        return annotation, False
    members = [a for a in get_args(annotation) if a is not type(None)]
    optional = len(members) < len(get_args(annotation))
    return functools.reduce(operator.or_, members), optional


def is_union(annotation: Any) -> bool:
    """Return whether `annotation` is ``X | Y`` or ``Union[X, Y]``."""
    return get_origin(annotation) in (Union, types.UnionType)


def is_config(annotation: Any) -> bool:
    """Return whether `annotation` is a config class or the root of a hierarchy."""
    return isinstance(annotation, type) and attrs.has(annotation)


def config_classes(root: type) -> list[type]:
    """Return the classes a user may choose from where a `root` is wanted.

    The classes for tests, named ``Dummy...``, come last.
    """
    # asking the registry looks through all installed packages, which takes 10 ms; the
    # answer changes only when a class is added
    return list(_config_classes(root, len(_registry._CLASSES)))  # noqa: SLF001


@functools.lru_cache
def _config_classes(root: type, number_of_classes: int) -> list[type]:
    below: list[type] = []
    if issubclass(root, _registry.Registered):
        below += _registry.concrete_classes(root)
    return sorted(below or [root], key=is_dummy)


def is_dummy(cls: type) -> bool:
    """Return whether `cls` exists for tests only."""
    return cls.__name__.startswith("Dummy")
