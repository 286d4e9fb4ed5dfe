"""Plain data to and from YAML text, without running anything a file says."""

from __future__ import annotations

import re
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import yaml

from napari_dacapo.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


#: limits for documents, far beyond any config
MAX_DEPTH = 100
MAX_VALUES = 10**6


class _Loader(yaml.SafeLoader):
    """The safe loader, plus tuples of old DaCapo files and numbers such as 1e-4."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Build a dictionary, refusing keys that occur twice."""
        seen = set()
        for key_node, _ in node.value:
            if key_node.value in seen and key_node.tag != "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key_node.value!r} occurs twice", key_node.start_mark
                )
            seen.add(str(key_node.value))
        return super().construct_mapping(node, deep=deep)

    def construct_tuple(self, node: Any) -> list[Any]:
        """Read a Python tuple as a list."""
        return self.construct_sequence(node, deep=True)


_Loader.add_constructor("tag:yaml.org,2002:python/tuple", _Loader.construct_tuple)


class _Dumper(yaml.SafeDumper):
    """The safe dumper, writing short lists of numbers on one line and no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write shared parts in full: easier to read, and safe to edit."""
        return True

    def represent_list(self, data: Any) -> Any:
        """Write a list, on one line if it is short and holds only plain values."""
        plain = all(isinstance(x, (int, float, str, type(None))) for x in data)
        return self.represent_sequence(
            "tag:yaml.org,2002:seq", data, flow_style=plain and len(data) <= 8
        )

    def represent_text(self, data: Any) -> Any:
        """Write a text; rare line breaks as escapes, which are lost otherwise."""
        rare = any(mark in data for mark in "\x85\u2028\u2029")
        return self.represent_scalar(
            "tag:yaml.org,2002:str", data, style='"' if rare else None
        )

    def represent_other(self, data: Any) -> Any:
        """Write numbers of other kinds, such as those of numpy, as plain ones."""
        if isinstance(data, Integral):
            return self.represent_int(int(data))
        if isinstance(data, Real):
            return self.represent_float(float(data))
        return self.represent_undefined(data)


_Dumper.add_representer(list, _Dumper.represent_list)
_Dumper.add_representer(str, _Dumper.represent_text)
# None stands for every type that has no representer of its own
_Dumper.add_representer(None, _Dumper.represent_other)  # type: ignore[arg-type]


for _kind in (_Loader, _Dumper):
    # YAML 1.1 reads 1e-4 as text; everybody who writes it means the number
    _kind.add_implicit_resolver(
        "tag:yaml.org,2002:float",
        re.compile(r"[-+]?\d[\d_]*(\.[\d_]*)?[eE][-+]?\d+$"),
        list("-+0123456789"),
    )


def parse_yaml(text: str, where: str) -> Any:
    """Return the plain data (dict, list, str, int, float, bool, None) in `text`.

    Parameters
    ----------
    text : str
        YAML; ``!!python/tuple`` is read as a list, no other Python tag is known.
    where : str
        Name of the file, for messages.

    Raises
    ------
    ConfigError
        If `text` is no YAML or holds other tags; names `where` and the line.
    """
    try:
        doc = yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = "" if mark is None else f", line {mark.line + 1}"
        raise ConfigError(f"{where}{line}: {error.problem or error}") from error
    except (yaml.YAMLError, RecursionError, TypeError, ValueError) as error:
        raise ConfigError(f"{where}: not readable as YAML: {error}") from error
    _check_size(doc, where)
    return doc


def _check_size(doc: Any, where: str) -> None:
    """Refuse what references (``*name``) blow up or close to a loop."""
    waiting = [(doc, 0)]
    for _ in range(MAX_VALUES):
        if not waiting:
            return
        value, depth = waiting.pop()
        if depth > MAX_DEPTH:
            break
        inner = value.values() if isinstance(value, dict) else value
        if isinstance(value, (dict, list)):
            waiting += [(item, depth + 1) for item in inner]
    raise ConfigError(
        f"{where}: more than {MAX_DEPTH} levels or {MAX_VALUES} values; does a part "
        "refer to itself?"
    )


def read_yaml(path: Path) -> Any:
    """Return the plain data in the file `path`.

    Raises
    ------
    ConfigError
        If the file is no YAML of plain data; names file and line.
    FileNotFoundError
        If there is no such file.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not a text file in UTF-8: {error}") from error
    return parse_yaml(text, str(path))


def format_yaml(doc: Any) -> str:
    """Return plain data as YAML text, keys in the order of the dictionaries.

    Raises
    ------
    yaml.YAMLError
        If `doc` holds anything but plain data.
    """
    return str(
        yaml.dump(
            doc, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=88, indent=2
        )
    )
