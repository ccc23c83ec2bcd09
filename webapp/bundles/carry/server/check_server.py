"""Prove over HTTP that the server answers as the model did where it was made: python check_server.py [http://127.0.0.1:8000]

Without an address it starts a server of its own on a free port. Sends the pictures of golden/ and awkward/ and compares the answers; the exit code is 0 when all agree.
TOKEN is sent where it is set.
"""

import json
import os
import sys
import threading
from urllib.request import Request, urlopen

from check import FOLDERS, TOLERANCE, entries
from predict import HERE
from server import Server, Settings


def main(address=None):
    """Print a line for each picture; gives the number of those that differ."""
    if address is None:
        server = Server(Settings(os.environ | {"HOST": "127.0.0.1", "PORT": "0"}))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
    failed = 0
    for folder in FOLDERS:
        for entry in entries(folder):
            difference = furthest(asked(address, HERE / folder / entry["file"]), entry["answer"])
            failed += difference > TOLERANCE
            print(f"{folder}/{entry['file']}", "agrees" if difference <= TOLERANCE else f"DIFFERS by {difference:.6f}", flush=True)
    print("The server answers as the model did where it was made." if not failed else f"{failed} answers DIFFER.")
    return failed


def asked(address, file):
    """{label: confidence} of a running server for a picture file."""
    headers = {"Content-Type": "application/octet-stream"} | ({"Authorization": f"Bearer {os.environ['TOKEN']}"} if os.environ.get("TOKEN") else {})
    with urlopen(Request(f"{address.rstrip('/')}/predict", file.read_bytes(), headers), timeout=60) as answer:
        return {row["label"]: row["confidence"] for row in json.load(answer)["predictions"]}


def furthest(here, there):
    return max(abs(here[label] - confidence) for label, confidence in there.items())


if __name__ == "__main__":
    # Threads of the server may still wait for a caller that holds its connection.
    os._exit(1 if main(*sys.argv[1:2]) else 0)
