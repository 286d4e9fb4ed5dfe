"""Every case of the golden data of arrays, data splits and configs is exercised."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from golden_data import FOLDER, cases

#: cases in the file, and which of their kinds a test goes through
GROUPS = {
    "arrays": (
        92,
        "arrays/test_golden.py",
        "array array_error numpy_array numpy_array_from_gp zarr_create dummy_array "
        "zarr_verify",
    ),
    "datasplit": (
        32,
        "datasplits/test_generator_golden.py",
        "datasplit datasplit_error class_names",
    ),
    "configs": (56, "store/test_converter.py", "config config_partial"),
    "project_a": (1, "store/test_dacapo_import.py", "project"),
    "project_b": (1, "store/test_dacapo_import.py", "project"),
}


@pytest.mark.parametrize("group", GROUPS)
def test_no_case_is_left_out(group):
    number, module, kinds = GROUPS[group]
    doc = json.loads((FOLDER / f"{group}.json").read_text(encoding="utf-8"))
    assert len(doc["cases"]) == number
    assert {case["kind"] for case in doc["cases"]} == set(kinds.split())
    exempt = [
        case["id"]
        for case in doc["cases"]
        if case["status"] == "superseded" or "optional" in case.get("tags", ())
    ]
    used = {parameter.id for parameter in cases(group)}
    assert used == {case["id"] for case in doc["cases"]} - set(exempt)
    # inverted contrast, which may also be refused
    assert exempt == (["arrays-030"] if group == "arrays" else [])
    text = (Path(__file__).parent / module).read_text(encoding="utf-8")
    if not group.startswith("project"):
        for kind in kinds.split():
            assert f'"{group}", "{kind}"' in text, "this kind has no test"
