"""Guards against whatever hypothesis invents, and a short run of the fuzzer itself."""

import subprocess
import sys
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from fixtures.hostile import kinds, pictures, zips
from tests.fuzz.targets import TARGETS, image_guard, lists_guard, url_guard, zip_guard
from tests.source import ROOT

few = settings(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
many = settings(few, max_examples=300)

NAMES = some.one_of(
    some.text(max_size=40), some.binary(max_size=40), some.sampled_from(["a/1.jpg", "../x.jpg", "a\\..\\x", "C:/x", "/etc/x", "a/1.jpg\0.exe", "x" * 300, "labels.csv", "manifest.json"])
)
NUMBERS = some.one_of(some.none(), some.integers(0, 2**32 - 1), some.sampled_from([0, 1, 2**31, 2**32 - 1]))
CONTENTS = some.one_of(some.binary(max_size=200), some.just(bytes(5000)), some.just(b"file,label\na/1.jpg,cat\n"))


@some.composite
def members(draw) -> zips.File:
    """A file of a ZIP, some of whose facts are lies."""
    lies = {name: draw(NUMBERS) for name in draw(some.sets(some.sampled_from(["size", "packed_size", "crc", "offset"]), max_size=2))}
    method, flags = draw(some.sampled_from([0, 8, 8, 8, 9, 12, 99])), draw(some.sampled_from([0, 0, 0x1, 0x8, 0x800, 0x2000]))
    mode, extra = draw(some.sampled_from([0, 0o100644, 0o120777, 0o040755])), draw(some.binary(max_size=24))
    return zips.File(encodable(draw(NAMES)), draw(CONTENTS), method, flags, mode, extra=extra, **lies)


def encodable(name: str | bytes) -> str | bytes:
    return name.encode("utf-8", "surrogatepass") if isinstance(name, str) else name


@many
@given(some.lists(members(), max_size=6), some.sampled_from([None, 0, 1, 65535]), some.booleans(), some.binary(max_size=30))
def test_the_zip_guard_reads_or_refuses_every_table_of_files(files, count, zip64, comment):
    zip_guard(zips.packed(*files, count=count, zip64=zip64, comment=comment))


@cache
def whole_zip() -> bytes:
    return zips.packed(*[zips.photo(f"猫/{n}.jpg", flags=zips.DESCRIPTOR) for n in range(3)], zips.File("l.csv", b"file,label\n1.jpg,cat\n"))


@cache
def photos() -> list[bytes]:
    return [make() for name, make in (pictures.TAKEN | kinds.TAKEN).items() if "39-megapixels" not in name and "1000" not in name]


@some.composite
def spoiled(draw, contents) -> bytes:
    """Good bytes, cut short or with some of them changed."""
    content = bytearray(draw(contents))
    for place, value in draw(some.lists(some.tuples(some.integers(0, len(content) - 1), some.integers(0, 255)), max_size=8)):
        content[place] = value
    return bytes(content[: draw(some.one_of(some.just(len(content)), some.integers(0, len(content))))])


@many
@given(spoiled(some.builds(whole_zip)))
def test_the_zip_guard_bears_any_byte_changed(content):
    zip_guard(content)


@many
@given(some.one_of(some.binary(max_size=300), spoiled(some.builds(lambda n: photos()[n % len(photos())], some.integers(0, 999)))))
def test_the_image_guard_makes_a_small_jpeg_or_refuses(content):
    image_guard(content)


HOSTS = some.one_of(
    some.text(max_size=20),
    some.ip_addresses().map(str),
    some.ip_addresses(v=6).map(lambda address: f"[{address}]"),
    some.integers(0, 2**32).map(str),
    some.sampled_from("example.org localhost 127.1 0x7f.1 0177.0.0.1 １２７.0.0.1 127。0。0.1 [::ffff:127.0.0.1] [fe80::1%25lo] xn--bcher-kva.example a@b bücher.example".split()),
)


@many
@given(some.sampled_from(["http://", "https://", "HTTP://", "http:/", "file://", "//", "http://u:p@"]), HOSTS, some.sampled_from(["", ":80", ":0", ":99999", ":", ":８０"]), some.text(max_size=30))
def test_the_url_guard_lets_nothing_through_that_is_not_plain_and_public(scheme, host, port, rest):
    url_guard(f"{scheme}{host}{port}/{rest}")
    url_guard(f"{scheme}{host}{port}{rest}")


@few
@given(some.one_of(some.binary(max_size=400), some.text(alphabet='"[]{}:,;\n\t\\<>&a1./-file,label http://', max_size=200).map(lambda text: text.encode())))
def test_lists_of_anything_give_a_plan(content):
    lists_guard(content)


@pytest.mark.parametrize("target", TARGETS)
def test_the_fuzzer_runs_and_finds_nothing_in_a_moment(target, tmp_path):
    pytest.importorskip("atheris", reason="atheris has no build for this Python")
    done = subprocess.run([sys.executable, "-m", "tests.fuzz", target, "1"], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "cov: " in done.stderr and "DONE" in done.stderr
