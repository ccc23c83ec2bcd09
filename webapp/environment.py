"""Reads settings from the environment; a value that makes no sense stops the start with one clear line."""

import os
import runpy
import secrets
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    """The variable, or what the file named by NAME_FILE holds (for secrets), or the default."""
    if file := os.environ.get(f"{name}_FILE"):
        try:
            return Path(file).read_text().strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE names {file}, which cannot be read ({error.strerror}).") from None
    return os.environ.get(name, default).strip()


def read_file(path: Path) -> None:
    """Take NAME=value lines of a file as variables, where the environment does not have them already."""
    for number, line in enumerate(path.read_text().splitlines() if path.is_file() else [], 1):
        name, equals, value = line.strip().partition("=")
        if not name or name.startswith("#"):
            continue
        if not equals:
            raise ImproperlyConfigured(f"Line {number} of {path} must look like NAME=value.")
        os.environ.setdefault(name.strip(), value.strip().strip("\"'"))


def folder(name: str, default: Path) -> Path:
    """A folder that is made when it is not there, and that we can write to."""
    path = Path(text(name) or default).expanduser().resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"The folder {path} cannot be made ({error.strerror}). Set {name} to one that can.") from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(f"The folder {path} cannot be written to. Set {name} to one that can.")
    return path


def mounted(name: str) -> Path | None:
    """A folder that others have a part in, where one is named: it must be there, or files would go to this machine alone while it is not mounted."""
    if not text(name):
        return None
    path = Path(text(name)).expanduser().resolve()
    if not path.is_dir() or not os.access(path, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(f"{name} names {path}, which is no folder that can be written to. Mount what it lies on, and make the folder there.")
    return path


def boolean(name: str, default: bool = False) -> bool:
    value = text(name, "1" if default else "0").lower()
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")
    return value in TRUE


def integer(name: str, default: int, low: int = 0, high: int = 2**31) -> int:
    value = text(name, str(default))
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None
    if not low <= number <= high:
        raise ImproperlyConfigured(f"{name} must be from {low} to {high}, not {number}.")
    return number


def choice(name: str, known: tuple[str, ...]) -> str:
    """One of the known words, the first where nothing is said."""
    value = text(name, known[0]).lower()
    if value not in known:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(known)}, not {value!r}.")
    return value


def files_by() -> str:
    """FILES_BY: who carries private files to browsers."""
    way = choice("FILES_BY", ("python", "accel", "signed"))
    address = text("STORE_URL")
    if way == "signed" and not (text("STORE_BUCKET") and address.startswith(("https://", "http://"))):
        raise ImproperlyConfigured("FILES_BY=signed needs STORE_BUCKET, and in STORE_URL the address at which browsers reach it, such as https://aimaker.s3.eu-central-1.amazonaws.com.")
    if way != "signed" and address:
        raise ImproperlyConfigured("STORE_URL is for FILES_BY=signed alone. Leave one of them out.")
    return way


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def prices(name: str, default: str = "") -> dict[str, float]:
    """A comma-separated list of word=price, in its order."""
    found = {}
    for word in words(name, default):
        thing, _equals, price = (part.strip() for part in word.partition("="))
        try:
            found[thing] = float(price)
        except ValueError:
            found[thing] = 0.0
        if not 0 < found[thing] < 10_000:
            raise ImproperlyConfigured(f"{name} must look like g4dn.xlarge=0.526, with what an hour costs, not {word!r}.")
    return found


def some_of(name: str, every: list[str]) -> list[str]:
    """A comma-separated list of some of these words; all of them when it is left out."""
    chosen = words(name, ",".join(every))
    if not chosen or set(chosen) - set(every):
        raise ImproperlyConfigured(f"{name} must be {' or '.join(every)}, or some of them with commas between, not {text(name)!r}.")
    return chosen


def parts(folder: Path) -> dict:
    """What the files settings.py in the folders of a folder set, by name: a part that brings its own settings is added by copying its folder."""
    found = (runpy.run_path(str(file)) for file in sorted(folder.glob("*/settings.py")))
    return {name: value for values in found for name, value in values.items() if name.isupper()}


def refuse_open_doors(https: bool, debug: bool, hosts: list[str]) -> None:
    """Do not start for the world with what only suits a desk."""
    if https and debug:
        raise ImproperlyConfigured("DEBUG shows our code and settings on error pages: leave it out where PUBLIC_URL is https.")
    if https and "*" in hosts:
        raise ImproperlyConfigured("ALLOWED_HOSTS lets a request call us anything: name your hosts in it where PUBLIC_URL is https.")


def secret_key(folder: Path) -> str:
    """SECRET_KEY, or one made at the first start and kept in a file that only we can read."""
    if given := text("SECRET_KEY"):
        if len(given) < 50:
            raise ImproperlyConfigured("SECRET_KEY is too short: give at least 50 random characters, or leave it out.")
        if given.startswith("django-insecure-") or len(set(given)) < 5:
            raise ImproperlyConfigured("SECRET_KEY can be guessed: give at least 50 random characters, or leave it out.")
        return given
    file = folder / "secret_key"
    try:
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return file.read_text()
    except OSError as error:
        raise ImproperlyConfigured(f"Nothing can be written in {folder} ({error.strerror}). Make room there, or set AIMAKER_DATA to another folder.") from None
    with os.fdopen(descriptor, "w") as out:
        out.write(secrets.token_urlsafe(60))
    return file.read_text()


def database(folder: Path) -> dict:
    """DATABASE_URL (mysql://user:password@host:port/name) or SQLite in the data folder.

    SQLite takes the write lock when a transaction starts: a read that turns into a write would fail at once, whatever the timeout.
    """
    url = text("DATABASE_URL")
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": folder / "aimaker.sqlite3",
            "TEST": {"NAME": folder / "test.sqlite3"},  # a file: threads of a test wait for each other there, in memory they fail at once
            "CONN_MAX_AGE": 60,  # seconds; opening the file and setting it up costs as much as a query
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA journal_size_limit=67108864;",
            },
        }
    parts = urlsplit(url)
    if parts.scheme != "mysql" or not parts.hostname or len(parts.path) < 2:
        raise ImproperlyConfigured("DATABASE_URL must look like mysql://user:password@host:3306/name.")
    patience = integer("DATABASE_SECONDS", 30, 1, 86400)
    return {
        "ENGINE": "webapp.core.mysql",
        "NAME": parts.path[1:],
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname,
        "PORT": parts.port or 3306,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_bin"},  # the default of a bare server may be latin1
        "OPTIONS": {
            "charset": "utf8mb4",
            "isolation_level": "read committed",
            "connect_timeout": 5,
            "read_timeout": patience,
            "write_timeout": patience,
            # The last one only MariaDB has: who freezes in the middle of a transaction holds rows no longer than a lease.
            "init_command": "SET sql_mode='STRICT_TRANS_TABLES', innodb_lock_wait_timeout=10, time_zone='+00:00' /*M!100301 , idle_transaction_timeout=30 */",
        }
        | ({"ssl": {"ca": authority}} if (authority := text("DATABASE_CA")) else {}),
    }
