import pytest
from django.test import RequestFactory

from webapp.core.ways_back import way_back


@pytest.mark.parametrize("stranger", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/a\0b", "page", ""])
def test_nobody_is_sent_to_a_page_that_is_not_ours(stranger):
    assert way_back(RequestFactory().post("/", {"next": stranger}), "/here/") == "/here/"


def test_a_page_of_ours_is_named_by_the_form_or_by_the_address():
    assert way_back(RequestFactory().post("/", {"next": "/runs/?starred=1"}), "/here/") == "/runs/?starred=1"
    assert way_back(RequestFactory().post("/?next=/runs/"), "/here/") == "/runs/"
