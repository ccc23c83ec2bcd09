"""docker-compose.yml as processes of one machine: each container becomes a process with an address of loopback and a folder of its own.

So the ports, the commands and the variables are those of the containers; only names of hosts, and paths inside a container, are put into other words.
"""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.source import ROOT

COPIES = {"web": 2, "worker-train": 2}  # how many of a service there are, where it is more than one
ONCE = ("migrate",)  # ends by itself, before the others start
LEFT_OUT = ("fleet",)  # there are no machines to be rented here
SECRETS = "/run/secrets"
OURS = ("aimaker-web", "aimaker-worker")  # images that are built here and run Python
KEPT = ("PATH", "HOME", "LANG")  # of the environment that the rehearsal was started in
VARIABLE = re.compile(r"\$\{(\w+)(?::?[-?]([^}]*))?\}")
UNITS = {"s": 1, "m": 60}


@dataclass
class Part:
    """One process: what a container would be."""

    name: str
    service: str
    address: str
    folder: Path
    command: list[str]
    environment: dict[str, str]
    health: list[str]
    grace: float  # seconds between being told to end and being killed
    places: list[Path]  # folders that are volumes of the container

    @property
    def data(self) -> Path:
        return Path(self.environment["AIMAKER_DATA"])


class Plan:
    """All parts of the compose file. `settings` are what an operator writes into .env; everything lies in `folder`."""

    def __init__(self, folder: Path, network: str, settings: dict[str, str]):
        self.folder, self.network, self.settings = folder, network, settings
        self.services: dict[str, dict] = {name: service for name, service in compose()["services"].items() if name not in LEFT_OUT}
        self.names = [(name, number) for name in self.services for number in range(1, COPIES.get(name, 1) + 1)]

    def address(self, service: str, number: int = 1) -> str:
        """The address of a container; its place in the file decides, so that all know it before anything runs."""
        return f"{self.network}.{10 + self.names.index((service, number))}"

    def addresses(self, service: str) -> list[str]:
        return [self.address(*name) for name in self.names if name[0] == service]

    def ours(self) -> list[Part]:
        """Everything of ours that runs until it is stopped."""
        services = [name for name, service in self.services.items() if service["image"] in OURS and name not in ONCE]
        return [self.part(*name) for name in self.names if name[0] in services]

    def part(self, service: str, number: int = 1) -> Part:
        said, name = self.services[service], f"{service}-{number}" if service in COPIES else service
        folder, address = self.folder / name, self.address(service, number)
        inside = [target_of(volume) for volume in [*said.get("volumes", []), *said.get("tmpfs", [])]]
        places = {place: folder / place.strip("/") for place in inside} | {SECRETS: self.folder / "secrets"}

        def here(text: str) -> str:
            return self.translated(str(text), address, places)

        environment = {name: os.environ[name] for name in KEPT if name in os.environ} | {"ENV_FILE": os.devnull}
        environment |= self.settings if "env_file" in said else {}
        environment |= {name: here(value) for name, value in (said.get("environment") or {}).items()}
        command, health = ([here(word) for word in words] for words in (said.get("command", []), said.get("healthcheck", {}).get("test", [])))
        return Part(name, service, address, folder, command, environment, health, seconds(said.get("stop_grace_period", "10s")), [*places.values()])

    def translated(self, text: str, address: str, places: dict[str, Path]) -> str:
        """What a text of the compose file means here."""
        text = VARIABLE.sub(lambda found: self.settings.get(found[1], found[2] or ""), text).replace("$$", "$")
        if text == "python":
            return sys.executable
        text = self.with_addresses(text.replace("0.0.0.0", address))
        found = next((place for place in places if text == place or text.startswith(f"{place}/")), None)
        return f"{places[found]}{text.removeprefix(found)}" if found else text

    def with_addresses(self, text: str) -> str:
        """Names of hosts become addresses; a list of servers for nginx names each copy."""
        for service in self.services:
            everyone = " ".join(f"server {address}:\\g<1>\\g<2>;" for address in self.addresses(service))
            text = re.sub(rf"server {service}:(\d+)(?: resolve)?([^;]*);", everyone, text)
            text = re.sub(rf"(//|@){service}(?=[:/]|$)", rf"\g<1>{self.address(service)}", text)
        return text


def compose() -> dict:
    """The compose file of this repository."""
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def target_of(volume: str) -> str:
    """Where in the container a volume lies."""
    return volume.partition(":")[2].partition(":")[0] or volume


def seconds(text: str) -> float:
    """35s, 1m and 1m30s as seconds."""
    return sum(float(count) * UNITS[unit] for count, unit in re.findall(r"([\d.]+)(s|m)", text))
