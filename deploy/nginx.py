"""Fills in the templates of nginx: `python deploy/nginx.py > /etc/nginx/sites-enabled/aimaker.conf`, with SITE_NAME=ai.example.org and the like before it.

Needs the standard library alone. The container of docker-compose.yml fills in the same templates with its own environment; a test compares the names.
"""

import os
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
# What stands in the templates, for one machine that runs `manage.py up` or the units of deploy/systemd behind it.
ONE_MACHINE = {
    "SITE_NAME": "_",  # names with spaces between; _: whatever is asked for
    "SITE_URL": "https://$host",  # where those who come by http are sent
    "SITE_HTTP_PORT": "80",
    "SITE_HTTPS_PORT": "443",
    "SITE_CERTIFICATE": "/etc/ssl/certs/aimaker.pem",
    "SITE_CERTIFICATE_KEY": "/etc/ssl/private/aimaker.key",
    # One `server host:port max_fails=0;` for each web process. nginx shall never give one up: a request that breaks two of them would close the site for ten seconds.
    "SITE_WEB": "server 127.0.0.1:8000 max_fails=0;",
    "SITE_LIVE": "server 127.0.0.1:8001 max_fails=0;",
    "SITE_RESOLVER": "",  # who is asked for names that end in `resolve`
    "SITE_STATIC": "/var/lib/aimaker/static",  # STATIC_ROOT
    "SITE_PLAIN": str(ROOT / "static_plain"),
    "SITE_FILES": "/var/lib/aimaker/store",  # the folder of the store
    "SITE_BUCKET": "http://127.0.0.1:9",  # with a bucket, its address without a path; SITE_RESOLVER then names who knows it, such as `resolver 127.0.0.53 valid=60s;`
    "SITE_TRUSTED": "/etc/ssl/certs/ca-certificates.crt",  # who may vouch for the bucket
    "SITE_LOG": "/var/log/nginx/access.log",
    "SITE_ERRORS": "/var/log/nginx/error.log",
    "SITE_FOLDER": "/run",  # of nginx-main.conf alone: its own passing files
}


def filled_in(template: str, values: dict[str, str]) -> str:
    """A template with the values in their places; raises KeyError for one that is missing."""
    text = (HERE / template).read_text(encoding="utf-8")
    return re.sub(r"\$\{(SITE_\w+)\}", lambda place: values[place[1]], text)


def in_folder(folder: Path, **values: str) -> list[str]:
    """Write a whole configuration into a folder; gives the command that runs nginx with it, as any user."""
    own = {"SITE_FOLDER": str(folder), "SITE_LOG": str(folder / "access.log"), "SITE_ERRORS": str(folder / "error.log")}
    folder.mkdir(parents=True, exist_ok=True)
    for source, target in (("nginx-main.conf", "nginx-main.conf"), ("nginx.conf", "nginx.conf")):
        (folder / target).write_text(filled_in(source, ONE_MACHINE | own | values), encoding="utf-8")
    whose = ["-g", "user root;"] if os.geteuid() == 0 else []  # else it would read the folder as nobody
    return ["nginx", "-e", str(folder / "error.log"), *whose, "-c", str(folder / "nginx-main.conf")]


if __name__ == "__main__":
    sys.stdout.write(filled_in("nginx.conf", ONE_MACHINE | {name: value for name, value in os.environ.items() if name in ONE_MACHINE}))
