"""Small files to start from, for each target: what the hostile set has."""

from collections.abc import Iterator

from fixtures.hostile import kinds, lists, pictures, zips

MOST_BYTES = 30_000
ADDRESSES = (
    "http://example.org/a.jpg?x=1#y https://[2606:4700::1]:443/ http://127.1/ http://2130706433/ http://0x7f.1/ http://[::ffff:127.0.0.1]/ http://good@127.0.0.1/ "
    "http://127.0.0.1#@good/ http://good\\@127.0.0.1/ http://１２７.0.0.1/ http://127。0。0。1/ http://[fe80::1%25lo]/ http://[64:ff9b::a9fe:a9fe]/ https://exa_mple.org.:80/%0d%0a "
    "file:///etc/passwd gopher://x/ http://localhost./ http://xn--bcher-kva.example/ http://bücher.example/猫.jpg http://[::1 http://a:b@c:99999/ //x HTTP://A"
).split()


def seeds(target: str) -> Iterator[bytes]:
    """Contents to begin with."""
    if target == "url":
        yield from (address.encode() for address in ADDRESSES)
        return
    made = {"zip": archives, "lists": of_every_kind, "image": images}[target]()
    yield from (content for content in made if 0 < len(content) <= MOST_BYTES)


def of_every_kind() -> Iterator[bytes]:
    """Lists with the byte before them that `lists_guard` reads."""
    yield from (bytes([kind]) + content for content in listings() for kind in (*range(8), *range(128, 136)))


def images() -> Iterator[bytes]:
    for name, make in (pictures.TAKEN | kinds.TAKEN).items():
        if "39-megapixels" not in name:
            yield make()


def archives() -> Iterator[bytes]:
    yield from (make() for _ends, make in zips.TAKEN.values())
    yield from (make() for name, (_ends, make) in zips.PARTLY.items() if "gigabytes" not in name and "bomb" not in name and "megabytes" not in name)


def listings() -> Iterator[bytes]:
    yield b"file,label,split\r\n1.jpg,cat,train\r\n2.jpg,dog,val\r\n"
    yield b'{"file": "1.jpg", "label": "cat"}\n{"file": "2.jpg", "label": ["dog"]}\n'
    yield b'[{"data": {"image": "/data/upload/1/0a1b2c3d-1.jpg"}, "annotations": [{"result": [{"type": "choices", "value": {"choices": ["cat"]}}]}]}]'
    yield lists.annotations(5).encode()
    yield b"<annotation><filename>1.jpg</filename><object><name>cat</name><bndbox><xmin>1</xmin><ymax>2</ymax></bndbox></object></annotation>"
    yield b"https://example.org/1.jpg cat\nhttps://example.org/2.jpg\n"
    yield (lists.DOCTYPE % lists.LAUGHS).encode()
