import pytest

from napari_dacapo.gui.forms._words import (
    class_slug,
    class_summary,
    class_title,
    field_label,
    field_tooltip,
    path_label,
)


def named(name, doc=None):
    return type(name, (), {"__doc__": doc})


@pytest.mark.parametrize(
    ("name", "title", "slug"),
    [
        ("CNNectomeUNetConfig", "CNNectome U-Net", "cnnectome_unet"),
        ("GunpowderTrainerConfig", "Gunpowder trainer", "gunpowder_trainer"),
        ("RawGTDatasetConfig", "Raw GT dataset", "raw_gt_dataset"),
        ("DVIDArrayConfig", "DVID array", "dvid_array"),
        ("N5ArrayConfig", "N5 array", "n5_array"),
        ("Conv3DConfig", "Conv 3D", "conv_3d"),
        ("RunConfig", "Run", "run"),
    ],
)
def test_class_names_become_words(name, title, slug):
    assert class_title(named(name)) == title
    assert class_slug(named(name)) == slug


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("num_fmaps", "Number of feature maps"),
        ("source_array_config", "Source array"),
        ("train_configs", "Train"),
        ("gt_config", "Ground truth"),
        ("_axes", "Axes"),
        ("lsds", "LSDs"),
    ],
)
def test_field_names_become_sentence_case_words(name, label):
    assert field_label(name) == label


def test_path_counts_from_one():
    assert path_label(("trainer_config", "augments", "0", "scale")) == (
        "Trainer / Augments / 1 / Scale"
    )


def test_summary_is_the_own_first_paragraph():
    base = named("Base", "Of the base.")
    assert class_summary(named("Two", "First\n    line.\n\n    More.")) == "First line."
    assert class_summary(type("Sub", (base,), {})) == ""


def test_tooltip_says_range_unit_and_default_and_escapes():
    metadata = {"help_text": "a < b", "minimum": 0, "exclusive_minimum": True}
    tip = field_tooltip({**metadata, "maximum": 1, "unit": "nm"}, "0.5")
    assert tip == (
        "<qt>a &lt; b<br/>Greater than 0 and at most 1 nm. Default: 0.5</qt>"
    )
    assert field_tooltip({"help_text": "only"}) == "<qt>only</qt>"
