"""The same model behind LitServe, as its guide builds a server for pictures.

    python -m benchmarks.peers.litserve_server bundle_folder port
"""

import sys

import litserve

from trainer.predict import Predictor


class Answers(litserve.LitAPI):
    """One worker process with the model; a picture comes as the field `image` of a form."""

    def setup(self, device: str) -> None:
        self.predictor = Predictor(sys.argv[1])

    def decode_request(self, request) -> bytes:
        return request["image"].file.read()

    def predict(self, data: bytes):
        return self.predictor.predict(data, 5)

    def encode_response(self, prediction) -> dict:
        return {"predictions": [{"label": label, "confidence": confidence} for label, confidence in prediction.answers]}


if __name__ == "__main__":
    litserve.LitServer(Answers(), accelerator="cpu", workers_per_device=2).run(host="127.0.0.1", port=int(sys.argv[2]), log_level="warning", generate_client_file=False)
