"""Which editor edits which type: the only place that knows."""

from __future__ import annotations

import collections.abc as abc
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args, get_origin

import attrs

from napari_dacapo.arrays.locations import Location
from napari_dacapo.geometry import Coordinate, Roi

from ._alternatives import Alternative, AlternativesEditor
from ._annotations import (
    config_classes,
    is_config,
    is_dummy,
    is_union,
    split_optional,
)
from ._choice_editors import CheckEditor, ChoiceEditor, MagicEditor, PathEditor
from ._collection_editors import DictEditor, ListEditor, OptionalEditor, TupleEditor
from ._config_editor import ConfigEditor
from ._editor import Editor, FieldContext
from ._notation import read_float, read_int, write_number
from ._text_editors import (
    CoordinateEditor,
    ItemsEditor,
    KeepEditor,
    NumberEditor,
    RoiEditor,
    TextEditor,
    YamlEditor,
)
from ._words import class_summary, class_title

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class EditorFactory(Protocol):
    """Makes the editor of a field."""

    def __call__(
        self, annotation: Any, context: FieldContext, *, computed: bool = False
    ) -> Editor:
        """Make it."""


#: editors of single values by type; subclasses count as their base
LEAVES: dict[type, Callable[[FieldContext], Editor]] = {
    bool: lambda context: CheckEditor(),
    int: lambda context: NumberEditor(read_int, context, step=1),
    float: lambda context: NumberEditor(read_float, context),
    str: lambda context: TextEditor(),
    Path: lambda context: PathEditor(context.metadata.get("path_kind")),
    Coordinate: lambda context: CoordinateEditor(),
    Roi: lambda context: RoiEditor(),
}
#: how single values are written inside a list on one line
_ITEMS: dict[type, tuple[Callable[[str], Any], Callable[[Any], str]]] = {
    int: (read_int, write_number),
    float: (read_float, write_number),
    str: (str, str),
}
_LISTS = (list, abc.Sequence, abc.Iterable, abc.Collection, abc.MutableSequence)
_DICTS = (dict, abc.Mapping, abc.MutableMapping)


def make_editor(
    annotation: Any, context: FieldContext, *, computed: bool = False
) -> Editor:
    """Make the editor for values of type `annotation`.

    Parameters
    ----------
    annotation : Any
        A resolved type; of a type that nobody can edit the value is shown and kept.
    context : FieldContext
        The field it stands for.
    computed : bool
        Whether the value may be left out, so that the class computes it.
    """
    inner, optional = split_optional(annotation)
    if optional or computed:
        return OptionalEditor(
            lambda: _make(inner, context),
            empty=None if optional else attrs.NOTHING,
            label=context.label,
            full_width=_is_wide(inner),
        )
    return _make(inner, context)


def _make(annotation: Any, context: FieldContext) -> Editor:
    if is_union(annotation) or is_config(annotation):
        return _make_alternatives(annotation, context)
    if context.metadata.get("choices"):
        return ChoiceEditor(context.metadata["choices"])
    origin = get_origin(annotation) or annotation
    if origin is Literal:
        return ChoiceEditor(get_args(annotation))
    if origin in (*_LISTS, *_DICTS, tuple):
        return _make_collection(origin, get_args(annotation), context)
    if annotation is Any:
        return YamlEditor()
    if not isinstance(annotation, type):
        return KeepEditor()
    if issubclass(annotation, Enum):
        return ChoiceEditor(list(annotation))
    for kind, make in LEAVES.items():
        if issubclass(annotation, kind):
            return make(context)
    return _make_foreign(annotation)


def _make_foreign(annotation: type) -> Editor:
    try:
        return MagicEditor(annotation)
    except (TypeError, ValueError):  # magicgui does not know it either
        return KeepEditor()


def _make_collection(origin: Any, arguments: Any, context: FieldContext) -> Editor:
    part = FieldContext(ancestors=context.ancestors)
    if Any in arguments or not arguments:
        return YamlEditor()
    if origin in _DICTS:
        return DictEditor(
            lambda: TupleEditor([make_editor(a, part) for a in arguments])
        )
    collect: Callable[[list[Any]], Any] = tuple if origin is tuple else list
    if origin is tuple and arguments[-1] is not Ellipsis:
        return TupleEditor([_make_part(argument, part) for argument in arguments])
    item = arguments[0]
    if item in _ITEMS:
        read, write = _ITEMS[item]
        return ItemsEditor(read, write, collect)
    return ListEditor(lambda: make_editor(item, part), collect)


def _make_part(annotation: Any, context: FieldContext) -> Editor:
    """Make an editor that stands beside others: without buttons, they take room."""
    if annotation in _ITEMS:
        read, write = _ITEMS[annotation]
        return TextEditor(read, write)
    return make_editor(annotation, context)


def _is_wide(annotation: Any) -> bool:
    """Return whether the editor of `annotation` takes the full width.

    Told without making it: a config may contain its own kind.
    """
    if is_config(annotation) or is_union(annotation):
        return True
    return make_editor(annotation, FieldContext()).full_width


def _make_alternatives(annotation: Any, context: FieldContext) -> Editor:
    if annotation == Location:  # typed into one line
        return PathEditor(context.metadata.get("path_kind"), takes_addresses=True)
    if is_config(annotation) and config_classes(annotation) == [annotation]:
        return ConfigEditor(annotation, context, make_editor)
    alternatives = [
        alternative
        for member in (get_args(annotation) if is_union(annotation) else [annotation])
        for alternative in _alternatives(member, context)
    ]
    return AlternativesEditor(
        alternatives,
        other=lambda value: _other_alternative(type(value), context),
        chosen=_obvious(annotation, alternatives, context),
    )


def _alternatives(member: Any, context: FieldContext) -> list[Alternative]:
    if is_config(member):
        return [_config_alternative(cls, context) for cls in config_classes(member)]
    kind = get_origin(member) or member
    title = getattr(kind, "__name__", str(kind))
    return [
        Alternative(
            title=_KIND_WORDS.get(kind, title),
            accepts=lambda value: type(value) is kind,
            make=lambda: make_editor(member, context),
        )
    ]


_KIND_WORDS = {int: "Whole number", float: "Number", str: "Text", bool: "Yes or no"}


def _config_alternative(cls: type, context: FieldContext) -> Alternative:
    return Alternative(
        title=class_title(cls),
        accepts=lambda value: type(value) is cls,
        make=lambda: ConfigEditor(cls, context, make_editor),
        summary=class_summary(cls),
    )


def _other_alternative(kind: type, context: FieldContext) -> Alternative:
    """Return the alternative for a value that the annotation does not name."""
    if attrs.has(kind):
        return _config_alternative(kind, context)
    return Alternative(kind.__name__, lambda value: type(value) is kind, KeepEditor)


def _obvious(
    root: Any, alternatives: Sequence[Alternative], context: FieldContext
) -> Alternative | None:
    """Return the only alternative that is not for tests, if it ends somewhere."""
    if not is_config(root):
        return None
    real = [cls for cls in config_classes(root) if not is_dummy(cls)]
    if len(real) != 1 or real[0] in context.ancestors:
        return None
    title = class_title(real[0])
    return next((a for a in alternatives if a.title == title), None)
