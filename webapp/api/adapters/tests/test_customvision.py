"""With Azure's own package, as its documentation uses it."""

import io
from uuid import UUID

from azure.cognitiveservices.vision.customvision.prediction import CustomVisionPredictionClient
from azure.cognitiveservices.vision.customvision.prediction.models import CustomVisionErrorException
from django.test import override_settings
from msrest.authentication import ApiKeyCredentials

from webapp.api.tests.server import Served
from webapp.api.tests.test_models import served
from webapp.keys.services import create_key
from webapp.projects.models import Project
from webapp.serving.answered import answered
from webapp.serving.tests.small import coloured

RED = coloured("red")


class CustomVision(Served):
    def azure(self, key: str = "") -> CustomVisionPredictionClient:
        client = CustomVisionPredictionClient(self.address, ApiKeyCredentials(in_headers={"Prediction-key": key or self.key}))
        self.addCleanup(client.close)
        return client

    def refusal(self, call, *arguments) -> tuple[int, str]:
        """The status and code of a call that must be refused in their shape."""
        with self.assertRaises(CustomVisionErrorException) as caught:
            call(*arguments)
        self.assertTrue(caught.exception.error.message)
        return caught.exception.response.status_code, caught.exception.error.code

    def test_classifies_bytes_and_files_with_and_without_storing(self):
        client = self.azure()
        for call in (client.classify_image, client.classify_image_with_no_store):
            for data in (RED, io.BytesIO(RED)):
                found = call(str(self.project.id), "published", data)
                best = found.predictions[0]
                self.assertEqual((best.tag_name, best.tag_type, len(found.predictions)), ("red", "Regular", 3))
                self.assertAlmostEqual(sum(one.probability for one in found.predictions), 1, places=3)
        self.assertEqual((found.project, found.iteration), (str(self.project.id), str(self.model.run_id)))
        self.assertEqual(len({UUID(one.tag_id) for one in found.predictions}), 3)
        self.assertIsNotNone(found.created.tzinfo)

    def test_says_what_must_not_be_kept(self):
        ways, client = [], self.azure()

        def hear(door: str, **_sent) -> None:
            ways.append(door)

        answered.connect(hear)
        self.addCleanup(answered.disconnect, hear)
        for call in (client.classify_image, client.classify_image_with_no_store):
            call(str(self.project.id), "published", RED)
        self.assertEqual(ways, ["adapter", "unkept"])

    @override_settings(OUTGOING_ALLOW=["127.0.0.1/32"])
    def test_fetches_an_address(self):
        client = self.azure()
        with served(coloured("blue")) as address:
            for call in (client.classify_image_url, client.classify_image_url_with_no_store):
                self.assertEqual(call(str(self.project.id), "published", f"{address}/a.jpg").predictions[0].tag_name, "blue")

    def test_a_published_name_is_that_of_a_run_so_nothing_but_endpoint_and_key_changes(self):
        client = self.azure(self.token)
        for name in ("classifyModel", "1", "published"):
            self.assertEqual(client.classify_image(str(self.project.id), name, RED).predictions[0].tag_name, "red")
        self.assertEqual(self.refusal(client.classify_image, str(self.project.id), "Iteration9", RED), (404, "NotFoundIteration"))

    def test_refuses_in_their_shape(self):
        good, project = self.azure(), str(self.project.id)
        other = Project.objects.create(owner=self.charlie, name="Other")
        foreign = self.azure(create_key(project=other, user=self.charlie, name="x")[1])
        self.assertEqual(self.refusal(self.azure("wrong").classify_image, project, "published", RED), (401, "Unauthorized"))
        for client, id in ((foreign, project), (good, str(other.id)), (good, "nonsense"), (good, str(UUID(int=1)))):
            self.assertEqual(self.refusal(client.classify_image, id, "published", RED), (404, "NotFoundIteration"))
        self.assertEqual(self.refusal(good.classify_image, project, "published", b"no picture at all"), (415, "BadRequestImageFormat"))
        self.assertEqual(self.refusal(good.classify_image_url, project, "published", "http://10.0.0.1/a.jpg"), (400, "BadRequestImageUrl"))
        self.assertEqual(self.refusal(self.azure(create_key(project=self.project, user=self.alice, name="x", scopes=["read"])[1]).classify_image, project, "published", RED), (403, "Forbidden"))

    def test_the_documented_call_without_their_package_sends_the_bytes_as_the_body(self):
        path = f"/customvision/v3.0/Prediction/{self.project.id}/classify/iterations/published/image"
        answer = self.client.post(path, RED, "application/octet-stream", headers={"Prediction-Key": self.key})
        self.assertEqual((answer.status_code, answer.json()["predictions"][0]["tagName"]), (200, "red"))
        self.assertEqual(set(answer.json()["timing"]), {"decode_ms", "infer_ms", "total_ms"})
        self.assertRegex(answer["Server-Timing"], r"^decode;dur=[\d.]+, infer;dur=[\d.]+, total;dur=[\d.]+$")
