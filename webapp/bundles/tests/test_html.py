import base64
import gzip
import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from webapp.bundles import awkward, services
from webapp.bundles.formats.html import RUNTIME, Html
from webapp.bundles.formats.server import Server
from webapp.bundles.tests.making import ModelCast, made, opened
from webapp.core import store
from webapp.core.errors import UserError

BLOCK = r'<script type="text/plain" id="{}">([^<]*)</script>'


def block(page: str, name: str) -> str:
    return re.search(BLOCK.format(name), page)[1]


class HtmlZip(ModelCast):
    def test_the_page_holds_network_and_runtime_byte_by_byte_and_its_policy_lets_only_its_own_script_run(self) -> None:
        self.project.name = "</title><script>alert(1)</script><!--data-->"
        self.project.save()
        archive = opened(made(self.model, "html"))
        page = archive.read("index.html").decode()
        files = {"network": store.get(f"{self.model.folder}/model.onnx")} | {name: (settings.BASE_DIR / "static_plain/runtime" / file).read_bytes() for name, file in RUNTIME.items()}
        assert {name for name, content in files.items() if gzip.decompress(base64.b64decode(block(page, name))) != content} == set()
        policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1]
        script, style = re.search(r'<script type="module">(.*)</script>', page, re.S)[1], re.search(r"<style>(.*)</style>", page, re.S)[1]
        allowed = [f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in (script, style)]
        assert f"script-src {allowed[0]} blob:" in policy and f"style-src {allowed[1]};" in policy and "default-src 'none'" in policy and "connect-src 'none'" in policy
        assert not re.search(r"""(?:src|href)=["'](?!#)|url\(""", page.split('id="labels"')[0]), "it loads something"
        assert {"README.md", "LICENCES.md", "THIRD-PARTY/onnxruntime-LICENSE"} <= set(archive.namelist()) and "Copyright (c) Microsoft Corporation" in page
        assert "&lt;script&gt;alert(1)" in page and "alert(1)</script>" not in page and page.count('id="network"') == 1
        assert block(page, "proof").count('"answer"') == 1 + len(awkward.pictures())

    def test_where_the_runtime_is_missing_it_says_what_to_do(self) -> None:
        with self.settings(BASE_DIR=Path("/nowhere")), pytest.raises(UserError, match="make run"):
            made(self.model, "html")

    def test_it_is_made_anew_for_whoever_speaks_another_language(self) -> None:
        def seals() -> list[str]:
            return [services.seal(self.model, form) for form in (Html(), Server())]

        english = seals()
        with translation.override("ja"):
            assert [other == one for other, one in zip(seals(), english, strict=True)] == [False, True]
