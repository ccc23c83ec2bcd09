"""Makes the folder secrets/ that docker-compose.yml reads, and leaves alone what is in it: `python3 deploy/first_secrets.py`.

Needs the standard library alone, and openssl for a certificate to begin with. The folder can be entered by its owner only; the files in it are readable by all,
because each is seen in containers whose processes are other users.
"""

import secrets
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "secrets"
SELF_SIGNED = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "365", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]


def main(folder: Path) -> list[str]:
    """Make what is missing; gives the names of the files that were made."""
    folder.mkdir(mode=0o700, exist_ok=True)
    password = written(folder / "mysql_password", secrets.token_urlsafe(30))
    written(folder / "database_url", f"mysql://aimaker:{password}@mysql:3306/aimaker")
    written(folder / "secret_key", secrets.token_urlsafe(60))
    written(folder / "aws_credentials", "")  # [default], aws_access_key_id = ..., aws_secret_access_key = ...; empty where the machine has a role
    if not (folder / "certificate").exists():
        certify(folder)
    return sorted(file.name for file in folder.iterdir())


def written(file: Path, text: str) -> str:
    """The text of a file, which is written where there is none."""
    if not file.exists():
        file.write_text(text)
        file.chmod(0o444)
    return file.read_text()


def certify(folder: Path) -> None:
    """A certificate that browsers warn of, until a real one is put in its place."""
    if not shutil.which("openssl"):
        sys.exit("There is no openssl here. Put a certificate and its key into secrets/certificate and secrets/certificate_key.")
    files = ["-keyout", str(folder / "certificate_key"), "-out", str(folder / "certificate")]
    subprocess.run([*SELF_SIGNED, *files], check=True, capture_output=True)
    for name in ("certificate", "certificate_key"):
        (folder / name).chmod(0o444)


if __name__ == "__main__":
    print("secrets/ holds:", ", ".join(main(FOLDER)))
    print("certificate and certificate_key are for localhost, and browsers warn of them: replace both by those of your own address.")
