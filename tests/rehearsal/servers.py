"""What is not ours: the database, Redis, S3 and nginx, as real servers with the words of the compose file."""

import os
import shutil
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pymysql

from deploy import nginx
from tests.rehearsal.plan import Part, Plan
from tests.rehearsal.process import Process
from webapp.core.supervisor import private_redis

PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"
MYSQL, REDIS = 3306, 6379


def start(plan: Plan) -> dict[str, Process]:
    """Start the database, Redis and S3, and give them by their names in the compose file."""
    running = {name: process(plan.part(name), command, port) for name, (command, port) in {"mysql": (mysql, MYSQL), "redis": (redis, REDIS), "s3": (s3, s3_port(plan))}.items()}
    for server in running.values():
        server.start_and_wait()
    make_user(plan.part("mysql"))
    return running


def front(plan: Plan) -> Process:
    """nginx, not started yet."""
    part = plan.part("nginx")
    return process(part, nginx_of, int(part.environment["SITE_HTTPS_PORT"]))


def process(part: Part, command, port: int) -> Process:
    part.folder.mkdir(parents=True)
    return Process(part.name, command(part), part.environment | {"PATH": PATH}, part.folder / "log", lambda _process: listens(part.address, port), part.grace)


def listens(address: str, port: int) -> bool:
    with suppress(OSError), socket.create_connection((address, port), timeout=1):
        return True
    return False


def mysql(part: Part) -> list[str]:
    """MariaDB on data that are made now, as careful with them as it is by itself: what it has said to be written lives through a kill."""
    data, person = f"--datadir={part.folder / 'data'}", ["--user=root"] if os.geteuid() == 0 else []
    made = ["mariadb-install-db", "--no-defaults", data, *person, "--auth-root-authentication-method=normal", "--skip-test-db"]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | {"PATH": PATH})
    where = [f"--socket={socket_of(part)}", f"--port={MYSQL}", f"--bind-address={part.address}", f"--pid-file={part.folder / 'pid'}"]
    return ["mariadbd", "--no-defaults", data, *person, *where, *part.command]


def socket_of(part: Part) -> Path:
    return part.folder / "s"


def make_user(part: Part) -> None:
    """What the image does at its first start."""
    database, user = part.environment["MARIADB_DATABASE"], part.environment["MARIADB_USER"]
    password = Path(part.environment["MARIADB_PASSWORD_FILE"]).read_text()
    with pymysql.connect(unix_socket=str(socket_of(part)), user="root") as line, line.cursor() as cursor:
        cursor.execute(f"create database {database}")
        cursor.execute(f"create user {user}@'%%' identified by %s", (password,))
        cursor.execute(f"grant all on {database}.* to {user}@'%'")


def redis(part: Part) -> list[str]:
    return [private_redis.find_server(), *part.command[1:], "--dir", str(part.folder), "--bind", part.address, "--port", str(REDIS)]


def s3(part: Part) -> list[str]:
    """The program of the image: everything is in memory."""
    return [sys.executable, "-m", "moto.server", "-H", part.address, "-p", part.environment["MOTO_PORT"]]


def s3_port(plan: Plan) -> int:
    return int(plan.part("s3").environment["MOTO_PORT"])


def nginx_of(part: Part) -> list[str]:
    """The templates with the values of the container: listening at its address, with what it writes in its folder."""
    values = {name: value for name, value in part.environment.items() if name in nginx.ONE_MACHINE}
    values |= {name: f"{part.address}:{values[name]}" for name in ("SITE_HTTP_PORT", "SITE_HTTPS_PORT")}
    own = {"SITE_FOLDER", "SITE_LOG", "SITE_ERRORS", "SITE_RESOLVER", "SITE_STATIC", "SITE_PLAIN"}
    here = {"SITE_RESOLVER": "", "SITE_STATIC": str(part.folder.parent / "static"), "SITE_PLAIN": nginx.ONE_MACHINE["SITE_PLAIN"]}
    program, *words = nginx.in_folder(part.folder, **{name: value for name, value in values.items() if name not in own}, **here)
    return [shutil.which(program, path=PATH) or program, *words]
