"""Installs Debian packages where that is allowed (root, or sudo without a password), and says what is missing where it is not."""

import os
import shutil
import subprocess
import sys


def installed(package: str) -> bool:
    """Whether dpkg knows the package as installed."""
    if not shutil.which("dpkg-query"):
        return False
    answer = subprocess.run(["dpkg-query", "-W", "-f", "${Status}", package], capture_output=True, text=True)
    return answer.stdout.strip() == "install ok installed"


def apt_get() -> list[str]:
    """The start of an apt-get command that may install, or nothing."""
    if not shutil.which("apt-get"):
        return []
    if os.geteuid() == 0:
        return ["apt-get"]
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    return []


def install(packages: list[str]) -> bool:
    """Install the packages that are missing; False when one still is."""
    wanted = [package for package in packages if not installed(package)]
    start = apt_get()
    if not wanted or not start:
        return not wanted
    print("Installing Debian packages:", " ".join(wanted), flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *wanted]):
        subprocess.run([*start, *command], env=environment, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    return all(installed(package) for package in wanted)


if __name__ == "__main__":
    if not install(sys.argv[1:]):
        lacking = " ".join(package for package in sys.argv[1:] if not installed(package))
        print(f"Not installed: {lacking}. Tests that need them are skipped; to run them too: sudo apt-get install {lacking}")
