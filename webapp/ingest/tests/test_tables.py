"""CSV, TSV, JSONL and JSON tables as people and programs write them."""

import json

import pytest

from webapp.ingest.tests.plans import pictures, plan, said

TWO = pictures("a.jpg", "b.jpg")
CAT_DOG = {"a.jpg": ("cat", ""), "b.jpg": ("dog", "")}


@pytest.mark.parametrize(
    "table",
    [
        "file,label\na.jpg,cat\nb.jpg,dog\n",
        "label,file\r\ncat,a.jpg\r\ndog,b.jpg\r\n",
        "\ufefffilename;class\na.jpg;cat\nb.jpg;dog",
        "image_path\tcategory\tnote\nx/y/a.jpg\tcat\t,\nx/y/b.jpg\tdog\t,,",
        "Image File|Label Name\n./a.jpg|cat\n.\\b.jpg|dog\n",
        '"FILE","LABEL"\n"a.jpg"," cat "\n\n"b.jpg","dog"\n',
        "画像,ラベル\na.jpg,cat\nb.jpg,dog\n",
        "id,label\na,cat\nb,dog\n",
        "id,label\n1,cat\n",
        "a.jpg,cat\nb.jpg,dog\n",
        "cat,a.jpg\ndog,b.jpg\n",
        "TRAIN,gs://bucket/x/a.jpg,cat\nUNASSIGNED,gs://bucket/x/b.jpg,dog\n",
        "filename,width,height,class,xmin\na.jpg,6,4,cat,0\na.jpg,6,4,dog,0\na.jpg,6,4,cat,1\nb.jpg,6,4,dog,0\n",
        "filename, cat, dog\na.jpg, 1, 0\nb.jpg, 0, 1\n",
    ],
)
def test_a_table_says_what_the_pictures_show(table):
    found = said({"labels.csv": table} | (pictures("1.jpg") if "\n1," in table else TWO))
    expected = {"1.jpg": ("cat", "")} if "\n1," in table else CAT_DOG
    assert {name: label for name, (label, *_split) in found.items()} == {name: label for name, (label, _split) in expected.items()}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_a_table_may_be_in_any_usual_encoding(encoding):
    table = "ファイル,ラベル\n写真/猫ソ表.jpg,猫\n写真/犬.jpg,犬\n".encode(encoding)
    assert said({"一覧.csv": table} | pictures("写真/猫ソ表.jpg", "写真/犬.jpg")) == {"写真/猫ソ表.jpg": ("猫", ""), "写真/犬.jpg": ("犬", "")}


@pytest.mark.parametrize(
    "content",
    [
        [{"file_name": "a.jpg", "label": "cat"}, {"file_name": "b.jpg", "label": "dog", "extra": {"deep": [1]}}],
        [{"image": "/data/upload/3/0a1b2c3d-a.jpg", "choice": "cat"}, {"image": "/data/local-files/?d=in/b.jpg", "choice": {"choices": ["dog"]}}],
        {"a.jpg": "cat", "b.jpg": "dog"},
    ],
)
def test_json_and_jsonl_tables_are_read(content):
    assert said({"metadata.json": json.dumps(content)} | TWO) == CAT_DOG
    if isinstance(content, list):
        assert said({"metadata.jsonl": "\n".join(map(json.dumps, content))} | TWO) == CAT_DOG


def test_a_given_split_is_kept_from_a_column_or_from_the_name_of_the_list():
    files = pictures("train/1.jpg", "valid/1.jpg")
    assert said({"all.csv": "file,label,split\ntrain/1.jpg,cat,TRAIN\nvalid/1.jpg,cat,Validation\n"} | files) == {"train/1.jpg": ("cat", "train"), "valid/1.jpg": ("cat", "val")}
    both = {"train/_classes.csv": "filename,cat,dog\n1.jpg,1,0\n", "valid/_classes.csv": "filename,cat,dog\n1.jpg,0,1\n"}
    assert said(both | files) == {"train/1.jpg": ("cat", "train"), "valid/1.jpg": ("dog", "val")}


def test_a_name_that_fits_several_pictures_is_not_guessed():
    files = pictures("x/1.jpg", "y/1.jpg")
    assert said({"l.csv": "file,label\n1.jpg,cat\ny/1.jpg,dog\n"} | files) == {"1.jpg": ("picture_not_there",), "y/1.jpg": ("dog", ""), "x/1.jpg": ("not_in_list",)}


def test_what_a_table_leaves_open_is_told_picture_by_picture():
    found = said({"l.csv": "file,label\na.jpg,cat\nb.jpg,\nc.jpg,dog\n", "readme.md": "hello"} | pictures("a.jpg", "b.jpg", "d.jpg"))
    assert found == {"a.jpg": ("cat", ""), "b.jpg": ("no_class",), "c.jpg": ("picture_not_there",), "d.jpg": ("not_in_list",), "readme.md": ("not_needed",)}


def test_several_flags_or_several_labels_are_not_one_label():
    assert said({"l.csv": "file,cat,dog\na.jpg,1,1\nb.jpg,0,0\nc.jpg,1,0"} | pictures("a.jpg", "b.jpg", "c.jpg")) == {
        "a.jpg": ("several_classes",), "b.jpg": ("no_class",), "c.jpg": ("cat", "")
    }
    assert said({"l.jsonl": '{"file": "a.jpg", "labels": ["cat", "dog"]}\n{"file": "b.jpg", "labels": ["cat"]}'} | TWO) == {"a.jpg": ("several_classes",), "b.jpg": ("cat", "")}


def test_addresses_and_pictures_inside_a_table():
    rows = plan({"l.csv": "url,label\nhttps://example.org/a.jpg,cat\n\"data:image/png;base64,AAAA\",dog\n"}).rows
    assert [(row.url, row.data, row.label) for row in rows] == [("https://example.org/a.jpg", "", "cat"), ("", "data:image/png;base64,AAAA", "dog")]
    assert said({"l.csv": "url,label\nhttps://example.org/x/a.jpg?w=1,cat\n"} | pictures("a.jpg")) == {"a.jpg": ("cat", "")}


@pytest.mark.parametrize(
    "name, content",
    [
        ("broken.json", '{"images": ['),
        ("deep.json", "[" * 200_000),
        ("deep.json", '{"a":' * 100_000),
        ("number.json", "[" + "9" * 5000 + "]"),
        ("broken.jsonl", "{\n{\n"),
        ("field.csv", "file,label\na.jpg," + "x" * 200_000),
        ("quote.csv", 'file,label\n"a.jpg,cat\n' + "x,y\n" * 50_000),
    ],
)
def test_a_broken_list_among_folders_is_a_line_in_the_report_and_the_folders_count(name, content):
    reason = ("broken_list",)
    assert said({name: content} | pictures("cat/1.jpg", "dog/2.jpg")) == {name: reason, "cat/1.jpg": ("cat", ""), "dog/2.jpg": ("dog", "")}


@pytest.mark.parametrize(
    "note",
    [
        "file,label\nother.jpg,cat\n",
        "name,category\nthe set,animals\n",
        "https://example.org/where-these-are-from\n",
        "Taken in 2020, all of them.\nfile: label\n",
        "",
    ],
)
def test_a_note_that_is_about_something_else_does_not_hide_the_folders(note):
    found = said({"note.csv": note, "note.txt": note} | pictures("cat/1.jpg", "dog/2.jpg", "dog/3.jpg"))
    assert (found["cat/1.jpg"], found["dog/2.jpg"]) == (("cat", ""), ("dog", ""))


def test_a_list_without_its_pictures_says_so():
    assert said({"l.csv": "file,label\na.jpg,cat\n"}) == {"a.jpg": ("picture_not_there",)}


def test_the_most_frequent_label_of_a_picture_counts_and_is_told():
    found = plan({"l.csv": "file,label\na.jpg,dog\na.jpg,cat\na.jpg,cat\n"} | pictures("a.jpg"))
    assert (found.mixed, [row.label for row in found.rows]) == (1, ["cat"])


def test_with_a_chosen_label_the_list_gives_only_pictures_and_splits():
    files = {"l.csv": "file,label,split\na.jpg,,train\nb.jpg,dog,val\n"} | TWO
    assert said(files, chosen=True) == {"a.jpg": ("", "train"), "b.jpg": ("", "val")}
