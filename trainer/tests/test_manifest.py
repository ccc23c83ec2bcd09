from collections import Counter

import numpy as np
import pytest

from trainer.manifest import Manifest, ManifestError, Row, check, split_rows


def test_what_is_saved_is_loaded_again(tmp_path):
    vector = np.arange(4, dtype=np.float16)
    rows = [Row("/a.jpg", "猫", "train", key="1", vector=vector), Row("/b.jpg", "🐱", "val", group="g")]
    Manifest(["猫", "🐱"], rows).save(tmp_path / "manifest.json")
    loaded = Manifest.load(tmp_path / "manifest.json")
    assert (loaded.labels, loaded.rows) == (["猫", "🐱"], rows)
    assert np.array_equal(loaded.rows[0].vector, vector) and loaded.rows[1].vector is None
    assert ([r.path for r in loaded.train], [r.path for r in loaded.val]) == (["/a.jpg"], ["/b.jpg"])


def test_a_broken_manifest_is_refused_with_a_sentence(tmp_path):
    (tmp_path / "manifest.json").write_text('{"labels": ["a"], "rows": [[1]]}')
    with pytest.raises(ManifestError, match="could not be read"):
        Manifest.load(tmp_path / "manifest.json")


def test_a_row_of_an_unknown_label_or_split_is_refused():
    with pytest.raises(ManifestError, match="cat"):
        Manifest(["dog"], [Row("/a.jpg", "cat", "train")])
    with pytest.raises(ManifestError, match="train or val"):
        Manifest(["dog"], [Row("/a.jpg", "dog", "test")])


def test_the_split_takes_a_tenth_of_each_label_and_is_fixed_by_the_seed():
    labels = ["a"] * 60 + ["b"] * 8 + ["c"] * 2 + ["d"]
    splits = split_rows(labels, seed=3)
    assert Counter(zip(labels, splits, strict=True)) == {
        ("a", "val"): 6, ("a", "train"): 54, ("b", "val"): 1, ("b", "train"): 7,
        ("c", "val"): 1, ("c", "train"): 1, ("d", "train"): 1,
    }
    assert splits == split_rows(labels, seed=3) != split_rows(labels, seed=4)


@pytest.mark.parametrize(("counts", "sentence"), [
    ({}, "at least 2 labels; there is none"),
    ({"cat": 9}, "at least 2 labels; there is one"),
    ({"cat": 9, "dog": 4}, "at least 5 pictures: “dog” has 4"),
])
def test_too_little_is_refused_with_a_sentence(counts, sentence):
    with pytest.raises(ManifestError, match=sentence):
        check(counts)


def test_two_labels_of_five_are_enough():
    assert check({"cat": 5, "dog": 5}) is None
