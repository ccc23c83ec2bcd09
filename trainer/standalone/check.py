"""Check on the spot that this model answers here as it did where it was made: python check.py

Compares the hashes of its files, the pixels that are read from picture files, and the answers: for pictures that it learned about (golden/), and for drawn ones
in files of all kinds (awkward/: turned by a camera, see-through, 16 bits, CMYK, ...). The exit code is 0 when all agree.
"""

import hashlib
import json
import sys
import warnings

from network import FILES
from pixels import decode
from predict import HERE, Model
from seen import middles

FOLDERS = ("golden", "awkward")
TOLERANCE = 1e-3  # of a confidence, for a model that was packed as it is
LOOSE = 0.2  # for one of whole numbers, which processors round in their own ways: its best answer has to be the same
CLOSE = 0.1  # two labels that are nearer to one another than this may change places by a rounding
GREY_LEVELS = 0.5  # of a middle of the pixels, from 0 to 255


def main():
    """Print a line for each check; gives the number of those that failed."""
    model = Model()
    exact = model.about.get("details", {}).get("precision", "fp32") == "fp32"
    failed = sum(not same_file(name, digest) for name, digest in wanted_files(model.about).items())
    for folder in FOLDERS:
        for entry in entries(folder):
            faults = list(differences(model, HERE / folder / entry["file"], entry, exact))
            failed += bool(faults)
            print(f"{folder}/{entry['file']}", "DIFFERS: " + "; ".join(faults) if faults else "agrees")
    print("It answers here as it did where it was made." if not failed else f"{failed} of these checks FAILED.")
    return failed


def wanted_files(about):
    """The files whose hashes bundle.json tells, {name: SHA-256}."""
    files = about.get("files") or {FILES[0]: about["sha256"]}
    return files | ({"novelty.npz": about["novelty_sha256"]} if about.get("novelty_sha256") else {})


def same_file(name, digest):
    same = hashlib.sha256((HERE / name).read_bytes()).hexdigest() == digest
    print(name, "is unchanged" if same else "is NOT the one that was published")
    return same


def entries(folder):
    """What a folder of pictures says about them: file, answer and more."""
    listed = HERE / folder / f"{folder}.json"
    return json.loads(listed.read_text(encoding="utf-8")) if listed.exists() else []


def differences(model, file, entry, exact):
    """What is otherwise here than where the model was made, as sentences."""
    picture = decode(file, model.about["input_size"])
    if "pixels" in entry:
        furthest = max(abs(one - other) for one, other in zip(middles(picture), entry["pixels"]))
        if furthest > GREY_LEVELS:
            yield f"the file is read otherwise, by up to {furthest:.1f} grey levels"
    said = model.look(picture)
    furthest = max(abs(said["answer"][label] - confidence) for label, confidence in entry["answer"].items())
    if not furthest <= (TOLERANCE if exact else LOOSE):  # also true of not-a-number
        yield f"a confidence is {furthest:.6f} away"
    now, then = best(said["answer"]), best(entry["answer"])
    if said["answer"][now] - said["answer"][then] > CLOSE:
        yield f"the answer is {now} and was {then}"
    if exact and "unknown" in entry and said["unknown"] != entry["unknown"] and not near(entry["familiarity"], model.keep):
        yield "none of these: " + ("yes, and was no" if said["unknown"] else "no, and was yes")


def near(familiarity, keep):
    """Whether a picture lies so near to the line between known and unknown that a rounding decides."""
    return abs(familiarity - (1 - keep)) < TOLERANCE


def best(answer):
    return max(answer, key=answer.get)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    warnings.simplefilter("ignore")  # Pillow warns of damaged notes in a picture, and one of those here has such on purpose
    sys.exit(1 if main() else 0)
