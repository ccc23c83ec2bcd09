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


def test_near_duplicates_are_on_the_same_side_and_a_tenth_of_each_label_is_tested():
    labels = ["a"] * 60 + ["b"] * 60
    groups = [index // 3 for index in range(30)] + [None] * 30 + [100] * 4 + [None] * 40 + [200] * 16
    for seed in range(20):
        splits = split_rows(labels, seed, groups=groups)
        sides = Counter(pair for pair in set(zip(groups, splits, strict=True)) if pair[0] is not None)
        assert len(sides) == 10 + 2  # each group on one side
        assert Counter(zip(labels, splits, strict=True)) == {("a", "val"): 6, ("a", "train"): 54, ("b", "val"): 6, ("b", "train"): 54}


def test_a_group_in_two_labels_is_on_the_same_side_of_both():
    labels, groups = ["a", "b"] * 20, [index // 2 for index in range(40)]
    splits = split_rows(labels, 0, groups=groups)
    assert splits[::2] == splits[1::2] and splits.count("val") == 4


def test_a_label_of_few_large_groups_still_teaches_and_tests():
    for sizes in ([10], [5, 5], [9, 1], [2, 3, 5], [1, 1]):
        groups = [number for number, size in enumerate(sizes) for _ in range(size)]
        splits = split_rows(["a"] * len(groups), 0, groups=groups)
        assert splits.count("val") == (min(sizes) if len(sizes) > 1 else 1), sizes
        assert len(sizes) == 1 or len(set(zip(groups, splits, strict=True))) == len(sizes), sizes
    assert split_rows(["a"] * 10, 0, groups=[0] * 9 + [1]) == ["train"] * 9 + ["val"]


def test_where_other_labels_have_put_every_group_on_one_side_only_one_is_torn():
    labels = ["a"] * 4 + ["b"] * 40
    groups = [0, 0, 1, 1] + [0] * 20 + [1] * 20
    splits = split_rows(labels, 0, groups=groups)
    assert len(set(zip(groups, splits, strict=True))) == 2 and {"train", "val"} == set(splits[4:])
    labels, groups = ["a"] * 30 + ["b"] * 5, [None] * 9 + [7, 8] + list(range(100, 119)) + [7, 7, 7, 8, 8]
    for seed in range(30):
        splits = split_rows(labels, seed, groups=groups)
        torn = {group for group in (7, 8) if len({split for split, of in zip(splits, groups, strict=True) if of == group}) > 1}
        assert set(splits[30:]) == {"train", "val"} and len(torn) <= 1


def test_pictures_without_a_group_are_divided_as_ever():
    labels = ["a"] * 500 + ["b"] * 30
    assert split_rows(labels, 5, groups=[None] * 530) == split_rows(labels, 5) == split_rows(labels, 5, groups=list(range(530)))


@pytest.mark.parametrize(("counts", "sentence"), [
    ({}, "at least 2 labels; the number of them is 0"),
    ({"cat": 9}, "at least 2 labels; the number of them is 1"),
    ({"cat": 9, "dog": 4}, r"at least 5 pictures: “dog” \(4\)"),
])
def test_too_little_is_refused_with_a_sentence(counts, sentence):
    with pytest.raises(ManifestError, match=sentence):
        check(counts)


def test_two_labels_of_five_are_enough():
    assert check({"cat": 5, "dog": 5}) is None
