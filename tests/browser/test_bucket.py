"""The main job with all files in a bucket that browsers fetch from: another origin, with signed addresses. Real server, real training, real Chromium, moto's S3."""

import re

import boto3
import pytest
from playwright.sync_api import expect

from fixtures import samples
from tests import bucket
from tests.browser.chromium import PROGRAM, Visitor, chromium
from tests.browser.test_journey import unseen
from tests.machine import Machine

pytestmark = [
    pytest.mark.browser,
    pytest.mark.nightly,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (apt-get install chromium)"),
    pytest.mark.timeout(400),
]
NAME, EACH, SECONDS = "journey", 8, 60_000
WHO = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests", "AWS_DEFAULT_REGION": "us-east-1"}
SHOWN = "() => document.images.length && [...document.images].every(image => !image.checkVisibility() || image.complete && image.naturalWidth)"


@pytest.fixture(scope="module")
def s3():
    client = boto3.client("s3", endpoint_url=bucket.address(), aws_access_key_id="tests", aws_secret_access_key="tests", region_name="us-east-1")
    client.create_bucket(Bucket=NAME)
    return client


@pytest.fixture(scope="module")
def visitor(s3, tmp_path_factory):
    variables = WHO | {"STORE_BUCKET": NAME, "AWS_ENDPOINT_URL_S3": bucket.address(), "FILES_BY": "signed", "STORE_URL": bucket.address()}
    machine = Machine(tmp_path_factory.mktemp("bucket") / "data", **variables)
    try:
        machine.furnished().start_and_wait()
        with chromium() as browser:
            visitor = Visitor(browser, f"http://127.0.0.1:{machine.port}")
            visitor.data = machine.data
            yield visitor
    finally:
        machine.end()


def names(s3) -> list[str]:
    return [entry["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket=NAME) for entry in page.get("Contents", ())]


def test_1_pictures_come_to_the_bucket_and_are_seen_from_there(visitor, s3, tmp_path):
    samples.draw_zip(tmp_path / "animals.zip", per_label=EACH)
    page = visitor.make_an_ai(*samples.LABELS)
    visitor.project = page.url
    page.locator("#drop input[type=file]").first.set_input_files(tmp_path / "animals.zip")
    expect(page.locator("#uploads")).to_contain_text(f"{EACH * len(samples.LABELS)} pictures taken", timeout=SECONDS)
    expect(page.locator(".label-row img").first).to_be_visible()
    visitor.scroll_through()
    page.wait_for_function(SHOWN)
    assert sum("/pictures/" in name for name in names(s3)) == EACH * len(samples.LABELS) and not list((visitor.data / "store").glob("*"))


def test_2_a_training_reads_them_and_its_model_answers(visitor, s3):
    page = visitor.page
    page.locator("#board").get_by_role("link", name="Train").click()
    page.get_by_role("radio", name=re.compile("quick", re.IGNORECASE)).check()
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_role("link", name="Try it").click(timeout=SECONDS)
    page.locator("input[type=file]").first.set_input_files(unseen(samples.LABELS[0]))
    expect(page.locator("main")).to_contain_text(samples.LABELS[0], timeout=SECONDS)
    assert any(name.endswith("/model.onnx") for name in names(s3))


def test_3_the_pages_that_draw_pictures_work(visitor):
    visitor.go(f"{visitor.project}review/")
    visitor.scroll_through()
    visitor.page.wait_for_function(SHOWN)
    page = visitor.go(f"{visitor.project}map/")
    page.get_by_role("button", name="Lay out the map").click()
    expect(page.get_by_role("button", name="Lay out anew")).to_be_visible(timeout=SECONDS)
    page.locator("[data-canvas]").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-says]")).to_have_text(re.compile("not chosen$"))


def test_4_an_export_and_a_model_are_fetched_from_there(visitor):
    page = visitor.go(f"{visitor.project}export/")
    page.get_by_role("button", name="Make a ZIP").click()
    with page.expect_download(timeout=SECONDS) as fetched:
        page.get_by_role("link", name=re.compile("Download", re.IGNORECASE)).first.click(timeout=SECONDS)
    assert fetched.value.suggested_filename.endswith(".zip") and fetched.value.url.startswith(bucket.address())


def test_5_no_page_complained(visitor):
    assert visitor.complaints == []
