"""Which addresses of the network we may fetch from: what a URL must look like, and which IP addresses are public for certain."""

import ipaddress
import re
import socket
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Thread
from urllib.parse import quote, urlencode, urlsplit

import idna
from django.conf import settings

LONGEST = 2048
MOST_ANSWERS = 16
PORTS = {"http": 80, "https": 443}
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# `is_global` of the standard library takes some of these for public (of 3.11: NAT64, 6to4, multicast, site-local and new documentation ranges),
# so the list is ours and is_global comes on top.
DENIED = [
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 "
        "192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3 "
        "::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8"
    ).split()
]
NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")
NUMBER = re.compile(r"(.*\.)?(\d+|0x[0-9a-f]*)")
PLAIN = "/?%:@!$&'()*+,;=~"  # kept as they are in paths and queries; the rest is percent-encoded
FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\x9f\\\ud800-\udfff]")

_looking_up = BoundedSemaphore(32)  # a look-up that hangs keeps its thread; no more than these ever hang


class Unfit(ValueError):
    """This address is not one that we fetch from; the text is for the log alone."""


@dataclass(frozen=True)
class Target:
    """A checked URL, in parts. `host` is a lower-case ASCII name or an IP address without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def parse(url: str, params: dict | None = None) -> Target:
    """The parts of a URL that may be fetched as far as its text goes; raises Unfit."""
    if params:
        url += ("&" if "?" in url else "?") + urlencode(params)
    if len(url) > LONGEST or FORBIDDEN.search(url):
        raise Unfit("too long, or with characters that no address has")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Unfit(str(error)) from None
    if parts.scheme not in PORTS or "@" in parts.netloc or not parts.hostname:
        raise Unfit("not a plain http or https address")
    path = quote(parts.path or "/", safe=PLAIN)
    if parts.query:
        path += "?" + quote(parts.query, safe=PLAIN)
    return Target(parts.scheme, host_name(parts.hostname), PORTS[parts.scheme] if port is None else port, path)


def host_name(text: str) -> str:
    """The host in ASCII, lower case and without a last dot; raises Unfit for what is neither a name nor an IP address in its usual form."""
    text = text.lower()
    if ":" in text:
        return ipv6(text)
    try:
        name = text if text.isascii() else idna.encode(text, uts46=True).decode()
    except idna.IDNAError as error:
        raise Unfit(str(error)) from None
    name = name.removesuffix(".")
    if NUMBER.fullmatch(name):
        return ipv4(name)
    if len(name) > 253 or not NAME.fullmatch(name):
        raise Unfit("not a host name")
    return name


def ipv6(text: str) -> str:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError as error:
        raise Unfit(str(error)) from None
    if address.scope_id:
        raise Unfit("an address of one link")
    return str(address)


def ipv4(text: str) -> str:
    """Four decimal numbers; the many other forms that resolvers know (127.1, 0x7f.1, 2130706433) are used by nobody honest."""
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError as error:
        raise Unfit(str(error)) from None


def addresses(target: Target, seconds: float) -> list[str]:
    """IP addresses of the host, looked up once and every one of them checked; raises Unfit, and OSError when there are none within `seconds`."""
    found = list(dict.fromkeys(look_up(target.host, target.port, seconds)))
    if len(found) > MOST_ANSWERS:
        raise Unfit("too many addresses")
    for text in found:
        check(ipaddress.ip_address(text), target)
    return found


def look_up(host: str, port: int, seconds: float) -> list[str]:
    """What the resolver says; it knows no time limit itself, so it is asked in a thread that may be left behind."""
    if not _looking_up.acquire(timeout=max(seconds, 0)):
        raise TimeoutError("too many look-ups hang")
    answers: SimpleQueue = SimpleQueue()
    Thread(target=_look_up, args=(host, port, answers), name="look-up", daemon=True).start()
    try:
        answer = answers.get(timeout=max(seconds, 0))
    except Empty:
        raise TimeoutError("the look-up takes too long") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _look_up(host: str, port: int, answers: SimpleQueue) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        answers.put([entry[4][0] for entry in found])
    except (OSError, UnicodeError) as error:
        answers.put(error if isinstance(error, OSError) else OSError(str(error)))
    finally:
        _looking_up.release()


def check(address: Address, target: Target) -> None:
    """Raise Unfit unless we may connect to this address and port."""
    if allowed(address):
        return
    if target.port not in PORTS.values():
        raise Unfit("not a port of the web")
    if not public(address) or ours(address):
        raise Unfit("not a public address")


def allowed(address: Address) -> bool:
    """Whether the operator allows it, public or not, with any port."""
    return any(address in ipaddress.ip_network(network) for network in settings.OUTGOING_ALLOW)


def public(address: Address) -> bool:
    """Whether an address is public, and the IPv4 address inside it too if it holds one."""
    inner = embedded(address)
    if inner is not None:
        return public(inner)
    return address.is_global and not any(address in network for network in DENIED)


def embedded(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address in a mapped, 6to4 or NAT64 one."""
    if address.version == 4:
        return None
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def ours(address: Address) -> bool:
    """Whether it is an address of this machine: a public one may lead to our own services. Connecting a datagram socket sends nothing."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((str(address), 9))
            return ipaddress.ip_address(probe.getsockname()[0]) == address
    except OSError:
        return False  # no way there: then connecting fails too
