"""Exports of other programs: Teachable Machine, Label Studio, COCO, Pascal VOC, and lists of addresses."""

import json

import pytest

from webapp.ingest.formats.addresses import row
from webapp.ingest.tests.plans import pictures, plan, said

MANIFEST = json.dumps({"type": "image", "version": "2.4.5", "appdata": {"publishResult": {}, "trainEpochs": 50, "trainBatchSize": 16, "trainLearningRate": 0.001}})


def test_a_project_of_teachable_machine():
    samples = pictures("Class 1-!-0.jpg", "Class 1-!-1.webp", "猫-!-犬-!-0.png", "a/b-!-0.jpg")
    expected = {"Class 1-!-0.jpg": ("Class 1", ""), "Class 1-!-1.webp": ("Class 1", ""), "猫-!-犬-!-0.png": ("猫-!-犬", ""), "a/b-!-0.jpg": ("a/b", "")}
    assert said({"manifest.json": MANIFEST} | samples) == expected
    packed_as_folder = {f"my project/{name}": content for name, content in ({"manifest.json": MANIFEST} | samples).items()}
    assert list(said(packed_as_folder).values()) == list(expected.values())
    assert said({"manifest.json": "{"} | samples) == expected | {"manifest.json": ("broken_list",)}


def task(image: str, *choices: list[str], **more) -> dict:
    notes = [{"id": n, "was_cancelled": False, "result": [{"from_name": "choice", "to_name": "image", "type": "choices", "value": {"choices": chosen}}]} for n, chosen in enumerate(choices)]
    return {"id": 1, "data": {"image": image}, "annotations": notes, "predictions": [{"result": [{"type": "choices", "value": {"choices": ["wrong"]}}]}]} | more


def test_an_export_of_label_studio():
    tasks = [
        task("/data/upload/1/0a1b2c3d-a.jpg", ["cat"]),
        task("/data/local-files/?d=photos/b%20b.jpg", ["dog"], file_upload="x"),
        task("https://example.org/c.jpg", ["dog"], ["cat"], ["cat"]),
        task("data:image/png;base64,AAAA", ["cat"]),
        task("/data/upload/1/d.jpg"),
        task("/data/upload/1/e.jpg", ["cat", "dog"]),
        task("s3://bucket/f.jpg", ["cat"]),
        {"data": {"img": "a.jpg"}, "completions": [{"result": [{"type": "choices", "value": {"choices": ["cat"]}}], "skipped": True}]},
    ]
    rows = plan({"project-1.json": json.dumps(tasks)} | pictures("images/a.jpg", "images/b b.jpg", "d.jpg", "e.jpg")).rows
    assert [(row.name, row.reason or row.label) for row in rows] == [
        ("images/a.jpg", "cat"), ("images/b b.jpg", "dog"), ("https://example.org/c.jpg", "cat"), ("data:", "cat"), ("d.jpg", "no_class"),
        ("e.jpg", "several_classes"), ("s3://bucket/f.jpg", "picture_not_there"), ("images/a.jpg", "no_class"),
    ]  # fmt: skip
    assert rows[2].url == "https://example.org/c.jpg" and rows[3].data.startswith("data:image/png")


def coco(**more) -> dict:
    images = [{"id": n, "file_name": f"{n}.jpg"} for n in (1, 2, 3)]
    boxes = [(1, 10, 100), (2, 10, 100), (2, 20, 500), (2, 10, 300)]
    notes = [{"image_id": image, "category_id": category, "bbox": [0, 0, 1, area], "segmentation": [[0, 0, 1.5e3, -2]]} for image, category, area in boxes]
    return {"images": images, "annotations": notes, "categories": [{"id": 10, "name": "cat"}, {"id": 20, "name": "dog"}]} | more


def test_coco_gives_the_class_with_the_largest_area():
    found = plan({"annotations/instances.json": json.dumps(coco())} | pictures("images/1.jpg", "images/2.jpg", "images/3.jpg"))
    assert [(row.name, row.reason or row.label) for row in found.rows] == [("images/1.jpg", "cat"), ("images/2.jpg", "dog"), ("images/3.jpg", "no_class")]
    assert found.mixed == 1


def test_coco_in_splits_and_by_address():
    both = {f"{split}/_annotations.coco.json": json.dumps(coco()) for split in ("train", "valid")}
    found = said(both | pictures("train/1.jpg", "valid/1.jpg"))
    assert (found["train/1.jpg"], found["valid/1.jpg"]) == (("cat", "train"), ("cat", "val"))
    images = [{"id": 1, "file_name": "1.jpg", "coco_url": "https://example.org/1.jpg"}]
    assert [row.url for row in plan({"instances_val2017.json": json.dumps(coco(images=images))}).rows] == ["https://example.org/1.jpg"]


@pytest.mark.parametrize(
    "broken",
    [
        {"images": [1, None, {"id": [], "file_name": {}}]},
        {"categories": [{"id": 10}, "cat", {"id": {}, "name": []}]},
        {"annotations": [{"image_id": 1}, {"image_id": 1, "category_id": 10, "area": "x", "bbox": [0, "a", None, 1e999]}, 7]},
        {"images": {}, "annotations": None},
    ],
)
def test_a_coco_file_with_nonsense_in_it_breaks_nothing(broken):
    found = said({"a.json": json.dumps(coco(**broken))} | pictures("cat/1.jpg"))
    assert found["cat/1.jpg"][0] in ("cat", "no_class")


def voc(*objects: tuple[str, int], filename: str = "1.jpg") -> str:
    boxes = "".join(f"<object><name>{name}</name><bndbox><xmin>0</xmin><ymin>0</ymin><xmax>10</xmax><ymax>{side}</ymax></bndbox><part><name>head</name></part></object>" for name, side in objects)
    return f'<?xml version="1.0"?><annotation><folder>x</folder><filename>{filename}</filename><source><name>y</name></source>{boxes}</annotation>'


def test_voc_gives_the_class_with_the_largest_area_and_the_split_of_its_lists():
    files = {
        "VOC/Annotations/1.xml": voc(("cat", 5)),
        "VOC/Annotations/2.xml": voc(("cat", 5), ("dog", 8), ("cat", 4), filename="another.jpg"),
        "VOC/Annotations/3.xml": voc(filename="3.jpg"),
        "VOC/ImageSets/Main/train.txt": "1\n3\n",
        "VOC/ImageSets/Main/val.txt": "2  1\n",
    }
    found = plan(files | pictures(*[f"VOC/JPEGImages/{n}.jpg" for n in (1, 2, 3, 4)]))
    assert {row.name[-5:]: (row.reason,) if row.reason else (row.label, row.split) for row in found.rows} == {
        "1.jpg": ("cat", "train"), "2.jpg": ("cat", "val"), "3.jpg": ("no_class",), "4.jpg": ("not_in_list",)
    }  # fmt: skip
    assert found.mixed == 1


BOMB = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)) + "]>"


@pytest.mark.parametrize(
    "xml, reason",
    [
        (BOMB + "<annotation><filename>&i;</filename></annotation>", "unsafe_list"),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd"><annotation/>', "unsafe_list"),
        ("<annotation>" * 50_000, "broken_list"),
        ("<annotation><object>", "broken_list"),
        ("<html/>", "broken_list"),
        ("<annotation>" + " " * 1_000_001 + "</annotation>", "list_too_big"),
    ],
)
def test_xml_that_wants_to_do_harm_is_refused_alone(xml, reason):
    found = said({"bad.xml": xml, "1.xml": voc(("cat", 5))} | pictures("1.jpg"))
    assert found == {"1.jpg": ("cat", ""), "bad.xml": (reason,)}


@pytest.mark.parametrize(
    "line, expected",
    [
        ("https://example.org/a.jpg", ("https://example.org/a.jpg", "")),
        ("HTTP://example.org/a.jpg?x=1&y=2", ("HTTP://example.org/a.jpg?x=1&y=2", "")),
        ("https://example.org/a.jpg,cat", ("https://example.org/a.jpg", "cat")),
        ('"https://example.org/a.jpg"; "big cat"', ("https://example.org/a.jpg", "big cat")),
        ("https://example.org/猫.jpg\t猫", ("https://example.org/猫.jpg", "猫")),
        ("example.org/a.jpg", ("", "not_an_address")),
        ("file:///etc/passwd", ("", "not_an_address")),
    ],
)
def test_a_line_of_a_list_of_addresses(line, expected):
    found = row(line)
    assert (found.url, found.reason or found.label) == expected


def test_a_list_of_addresses_with_and_without_labels():
    text = "# cats\nhttps://example.org/a.jpg cat\n\nhttps://example.org/b.jpg\nhttps://example.org/b.jpg\nwords\n"
    assert [(row.url[-5:], row.label, row.reason) for row in plan({"list.txt": text}).rows] == [("a.jpg", "cat", ""), ("b.jpg", "", ""), ("", "", "not_an_address")]
    assert [row.url for row in plan({"list.csv": "https://example.org/a\nhttps://example.org/b\n"}).rows] == ["https://example.org/a", "https://example.org/b"]
    assert said({"words.txt": "just words\n"}) == {"words.txt": ("", "")}


def test_an_export_without_seals_comes_back_too():
    (row,) = plan({"labels.csv": "file,label,split,width,height,sha256,status\n1.jpg,cat,train,,,,set_aside\n"} | pictures("1.jpg")).rows
    assert (row.label, row.split, row.seal, row.facts) == ("cat", "train", "", {"status": "set_aside", "aside_reason": "by_hand"})


def test_credits_of_an_export_that_somebody_changed_lead_nowhere_but_to_the_web():
    labels = "file,label,split,width,height,sha256,status\n1.jpg,cat,,,,,ready\n"
    credits = "file,label,provider,page,source_url,title,creator,license,license_url,attribution,query,date\n1.jpg,cat,x,javascript:alert(1),data:x,t,c,l,https://example.org/l,a,q,d\n"
    (row, *_rest) = plan({"labels.csv": labels, "CREDITS.csv": credits} | pictures("1.jpg")).rows
    assert {name: value for name, value in row.facts.items() if name.endswith("_url")} == {"license_url": "https://example.org/l"}
