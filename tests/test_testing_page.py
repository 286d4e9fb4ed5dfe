"""Every test that ``docs/testing.md`` names exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
NAMES = sorted(set(re.findall(r"`(tests/[\w/]+\.py[\w:]*)`", PAGE)))


def names_in(body, before=""):
    """Return the names of the tests of a module, those of classes with the class."""
    found = set()
    for node in body:
        if isinstance(node, ast.ClassDef):
            found |= names_in(node.body, f"{before}{node.name}::")
        elif isinstance(node, ast.FunctionDef):
            found.add(before + node.name)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_what_the_page_names_exists(name):
    file, _, test = name.partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert not test or test in names_in(tree.body)


def test_the_page_names_tests_in_every_row():
    rows = re.findall(r"^\| .* \|$", PAGE, re.MULTILINE)
    assert len(rows) > 40
    told = [r for r in rows if not re.match(r"\| (what|defect|---)", r)]
    assert all("`tests/" in row for row in told)
