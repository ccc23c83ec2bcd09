"""Check on the spot that this model answers here as it did where it was made: python check.py

Compares the hash of model.onnx and the answers for the golden pictures; the exit code is 0 when all agree within 0.001.
"""

import hashlib
import json
import sys

from predict import ABOUT, HERE, load, predict

TOLERANCE = 1e-3


def main():
    """Print a line for each check; gives the number of those that failed."""
    same = hashlib.sha256((HERE / "model.onnx").read_bytes()).hexdigest() == ABOUT["sha256"]
    print("model.onnx is", "unchanged" if same else "NOT the one that was published")
    model, failed = load(), 0 if same else 1
    for golden in json.loads((HERE / "golden" / "golden.json").read_text(encoding="utf-8")):
        answer = predict(model, HERE / "golden" / golden["file"])
        difference = max(abs(answer[label] - confidence) for label, confidence in golden["answer"].items())
        failed += difference > TOLERANCE
        print(golden["file"], "agrees" if difference <= TOLERANCE else "DIFFERS", f"(largest difference {difference:.6f})")
    return failed


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
