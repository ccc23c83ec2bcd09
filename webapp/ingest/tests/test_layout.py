import pytest

from webapp.ingest.layout import places


def by_file(*files: str, chosen: bool = False) -> dict[str, tuple[str, str]]:
    folders = {file: tuple(file.split("/")[:-1]) for file in files}
    where = places(folders.values(), chosen)
    return {file: where[folders[file]] for file in files}


@pytest.mark.parametrize(
    "expected",
    [
        {"cats/1": ("cats", ""), "dogs/2": ("dogs", "")},
        {"cats/1": ("cats", "")},
        {"all/cats/1": ("cats", ""), "all/dogs/2": ("dogs", "")},
        {"all/cats/1": ("cats", "")},
        {"all/in/cats/1": ("cats", ""), "all/in/dogs/2": ("dogs", "")},
        {"all/cats/1": ("cats", ""), "all/dogs/2": ("dogs", ""), "all/readme": ("", ""), "cover": ("", "")},
        {"cats/near/1": ("cats", ""), "cats/far/2": ("cats", ""), "dogs/3": ("dogs", "")},
        {"cats/1": ("cats", ""), "cats/2": ("cats", ""), "cats/near/3": ("cats", "")},
        {"1": ("", ""), "2": ("", "")},
    ],
)
def test_the_folder_is_the_label_with_or_without_folders_around(expected):
    assert by_file(*expected) == expected


@pytest.mark.parametrize(
    "expected",
    [
        {"train/cats/1": ("cats", "train"), "train/dogs/2": ("dogs", "train"), "val/cats/3": ("cats", "val")},
        {"data/Train/cats/1": ("cats", "train"), "data/Test/cats/2": ("cats", "val")},
        {"cats/train/1": ("cats", "train"), "cats/validation/2": ("cats", "val"), "dogs/train/3": ("dogs", "train")},
        {"cats/train/1": ("cats", "train"), "cats/val/2": ("cats", "val")},
        {"data/cats/training/1": ("cats", "train"), "data/dogs/test/2": ("dogs", "val")},
    ],
)
def test_folders_named_like_splits_over_or_under_the_label_keep_the_split(expected):
    assert by_file(*expected) == expected


@pytest.mark.parametrize(
    "expected",
    [
        {"train/1": ("train", ""), "car/2": ("car", ""), "bus/3": ("bus", "")},  # the vehicle
        {"train/1": ("train", ""), "test/2": ("test", "")},
        {"train/cats/1": ("cats", ""), "train/dogs/2": ("dogs", "")},  # nothing to validate with: no split was given
    ],
)
def test_folders_that_only_look_like_splits_are_labels_or_nothing(expected):
    assert by_file(*expected) == expected


def test_with_a_chosen_label_folders_may_say_the_split_alone():
    assert by_file("train/1", "val/2", chosen=True) == {"train/1": ("", "train"), "val/2": ("", "val")}


def test_no_files_have_no_places():
    assert by_file() == {}
