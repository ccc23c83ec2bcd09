"""The door to the network connects to nothing that is not public, however it is asked (reliability.md S8)."""

import ipaddress
import socket
import time

import pytest

from webapp.core import outgoing, outgoing_rules
from webapp.core.outgoing import OutgoingError, fetch
from webapp.core.outgoing_rules import Unfit, parse, public
from webapp.core.tests.servers import ok, redirect, serving

PRIVATE_HOSTS = """
127.0.0.1 127.1 0 0.0.0.0 2130706433 0x7f.1 0x7f000001 017700000001 0177.0.0.1 localhost localhost. LOCALHOST [::1] [::] [::ffff:127.0.0.1] [::ffff:a9fe:a9fe]
[64:ff9b::a9fe:a9fe] [64:ff9b::7f00:1] [64:ff9b:1::1] [2002:7f00:1::] [fe80::1%25lo] [fe80::1] [fd00:ec2::254] [fec0::1] [::127.0.0.1] [ff02::1] [2001::1] [3fff::1] [5f00::1] [100::1]
10.0.0.1 172.16.0.1 172.31.255.255 192.168.0.1 169.254.169.254 100.64.0.1 100.100.100.200 168.63.129.16 192.0.0.1 192.0.2.1 192.88.99.1 198.18.0.1 198.51.100.1
203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255 １２７.０.０.１ 127。0。0。1 ⑫7.0.0.1
""".split()
CRAFTED = [
    "http://good@127.0.0.1/",
    "http://good:word@127.0.0.1/",
    "http://127.0.0.1#@good/",
    "http://good\\@127.0.0.1/",
    "http:\\\\127.0.0.1/",
    "http://127.0.0.1/\r\nHost: good",
    "http://127.0.0.1\t/",
    " http://127.0.0.1/",
    "http://127.0.0.1 /",
    "http://127.0.0.1%00.example.org/",
    "http://[127.0.0.1]/",
    "http://",
    "http:///x",
    "//127.0.0.1/",
    "127.0.0.1",
    "http://127.0.0.1:99999/",
    "http://127.0.0.1/" + "x" * 2048,
]
SCHEMES = ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "dict://127.0.0.1/", "data:,x", "jar:http://127.0.0.1/!/", "blob:http://127.0.0.1/", "ws://127.0.0.1/"]


@pytest.fixture
def canary(monkeypatch, settings):
    """Listens on every address of this machine, at a port that counts as the one of http; nothing private is allowed."""
    settings.OUTGOING_ALLOW = []
    with serving(host="") as server:
        monkeypatch.setitem(outgoing_rules.PORTS, "http", server.port)
        yield server


def refused(url: str) -> str:
    with pytest.raises(OutgoingError) as caught:
        fetch(url, limit_bytes=1000, timeout=5)
    assert caught.value.permanent  # a rule said no; that nothing answers would not be permanent
    return str(caught.value)


def resolver(monkeypatch, *answers: list[str]) -> list[str]:
    """Names get these answers in turn, the last one again and again; the list of names that were looked up."""
    real, asked = socket.getaddrinfo, []

    def fake(host, port, *rest, **more):
        if host.replace(".", "").isdigit() or ":" in host:
            return real(host, port, *rest, **more)
        asked.append(host)
        return [real(address, port, *rest, **more)[0] for address in answers[min(len(asked), len(answers)) - 1]]

    monkeypatch.setattr(socket, "getaddrinfo", fake)
    return asked


def test_the_canary_can_be_reached_when_it_is_allowed(canary, settings):
    settings.OUTGOING_ALLOW = ["127.0.0.1/32"]
    canary.talk = ok(b"chirp")
    assert fetch("http://127.0.0.1/", limit_bytes=10).content == b"chirp"
    assert canary.connections == 1


@pytest.mark.parametrize("host", PRIVATE_HOSTS)
def test_a_private_host_is_never_connected_to(canary, host):
    assert refused(f"http://{host}/") == str(outgoing.NEUTRAL)
    assert canary.connections == 0
    with pytest.raises(Unfit):  # by a rule, and not because nothing answers there
        outgoing_rules.addresses(parse(f"http://{host}/"), 1)


@pytest.mark.parametrize("url", CRAFTED + SCHEMES)
def test_a_crafted_address_is_never_connected_to(canary, url):
    assert refused(url) == str(outgoing.NEUTRAL)
    assert canary.connections == 0


@pytest.mark.parametrize("port", [22, 25, 3306, 6379, 8000])
def test_only_the_ports_of_the_web_are_open(monkeypatch, canary, port):
    resolver(monkeypatch, ["93.184.216.34"])
    with pytest.raises(Unfit, match="port"):
        outgoing_rules.addresses(parse(f"http://example.org:{port}/"), 1)


def test_an_open_and_a_closed_private_port_are_told_apart_by_nothing(canary):
    said = [refused(f"http://127.0.0.1:{port}/") for port in (canary.port, 9)]
    assert said[0] == said[1]


@pytest.mark.parametrize("location", ["http://127.0.0.2/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "file:///etc/passwd", "//127.0.0.2/", "http://u@127.0.0.1/"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_checked_like_the_first_address(settings, location, status):
    settings.OUTGOING_ALLOW = ["127.0.0.1/32"]
    with serving(redirect(location, status)) as server:
        refused(server.url)
        assert server.connections == 1


def test_a_redirect_from_https_to_http_is_refused(monkeypatch):
    answer = outgoing.Response(302, {"Location": "http://127.0.0.1/"}, b"", "")
    monkeypatch.setattr(outgoing, "exchange", lambda *_: answer)
    with pytest.raises(Unfit, match="from https to http"):
        outgoing.follow(parse("https://127.0.0.1/"), {}, 10, outgoing.Deadline(1))


def test_three_redirects_are_followed_and_a_fourth_is_not():
    with serving(ok(b"here")) as last, serving(redirect(last.url)) as third, serving(redirect(third.url)) as second, serving(redirect(second.url)) as first:
        found = fetch(first.url, limit_bytes=10)
        assert (found.content, found.url) == (b"here", last.url)
        with serving(redirect(first.url)) as one_more:
            refused(one_more.url)
        assert last.connections == 1


def test_a_key_does_not_follow_a_redirect_to_another_host():
    with serving(ok(b"here")) as other, serving(redirect(other.url)) as first:
        fetch(first.url, headers={"Ocp-Apim-Subscription-Key": "secret"}, accept="image/*", limit_bytes=10)
        assert b"secret" in first.requests[0]
        assert b"secret" not in other.requests[0] and b"image/*" in other.requests[0]


def test_a_name_that_changes_its_mind_is_connected_to_where_it_was_checked(monkeypatch, settings):
    settings.OUTGOING_ALLOW = ["127.0.0.1/32"]
    with serving(ok(b"checked")) as checked, serving(ok(b"private"), host="127.0.0.2", port=checked.port) as private:
        asked = resolver(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
        found = fetch(f"http://rebinding.example.org:{checked.port}/", limit_bytes=10)
        assert (found.content, private.connections, len(asked)) == (b"checked", 0, 1)
        assert b"Host: rebinding.example.org:" in checked.requests[0]


@pytest.mark.parametrize("answers", [["10.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::1"], ["2606:2800:220:1::1", "fd00::1"], [f"93.184.216.{n}" for n in range(1, 18)]])
def test_every_answer_of_the_resolver_must_be_public_and_there_are_not_many(monkeypatch, canary, answers):
    resolver(monkeypatch, answers)
    with pytest.raises(Unfit):
        outgoing_rules.addresses(parse("http://example.org/"), 1)
    refused("http://example.org/")
    assert canary.connections == 0


def test_public_answers_are_taken(monkeypatch, canary):
    resolver(monkeypatch, ["93.184.216.34", "2606:2800:220:1::1"])
    assert outgoing_rules.addresses(parse("http://example.org/"), 1) == ["93.184.216.34", "2606:2800:220:1::1"]


@pytest.mark.parametrize("text", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1", "::ffff:8.8.8.8"])
def test_public_addresses_are_public_also_inside_others(text):
    assert public(ipaddress.ip_address(text))


def test_our_own_addresses_are_ours():
    assert outgoing_rules.ours(ipaddress.ip_address("127.0.0.1"))
    assert not outgoing_rules.ours(ipaddress.ip_address("127.0.0.2"))


def test_a_resolver_that_hangs_is_left_behind(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_rest, **_more: time.sleep(1.5) or [])
    start = time.monotonic()
    with pytest.raises(OutgoingError) as caught:
        fetch("http://slow.example.org/", limit_bytes=10, timeout=0.3)
    assert not caught.value.permanent
    assert time.monotonic() - start < 1


def test_a_host_of_many_addresses_that_all_swallow_us_is_given_up_in_time(monkeypatch):
    tried = []

    def swallow(address, timeout):
        tried.append(timeout)
        raise TimeoutError

    resolver(monkeypatch, [f"93.184.216.{n}" for n in range(1, 9)])
    monkeypatch.setattr(socket, "create_connection", swallow)
    with pytest.raises(OutgoingError):
        fetch("http://example.org/", limit_bytes=10)
    assert len(tried) == outgoing.MOST_TRIED and sum(tried) <= outgoing.CONNECT_SECONDS


def test_proxies_of_the_environment_are_not_asked(monkeypatch):
    with serving(ok(b"proxy")) as proxy, serving(ok(b"direct")) as direct:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert fetch(direct.url, limit_bytes=10).content == b"direct"
        assert proxy.connections == 0


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("http://Example.ORG", "http://example.org/"),
        ("http://example.org./a b".replace(" ", "%20"), "http://example.org/a%20b"),
        ("http://例え.jp/猫?q=犬#x", "http://xn--r8jz45g.jp/%E7%8C%AB?q=%E7%8A%AC"),
        ("https://example.org:443/", "https://example.org/"),
        ("https://my_pictures.example.org/a?b=c&d=%20", "https://my_pictures.example.org/a?b=c&d=%20"),
    ],
)
def test_honest_addresses_are_understood(given, asked):
    assert parse(given).url == asked


def test_params_are_added_to_the_query():
    assert parse("http://example.org/?a=1", {"q": "猫 &"}).path == "/?a=1&q=%E7%8C%AB+%26"
