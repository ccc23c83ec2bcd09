import base64

from fixtures.hostile.zips import File, packed
from webapp.api.tests.calls import ApiCast
from webapp.core.test import jpeg
from webapp.ingest.models import Upload

TUS = {"Tus-Resumable": "1.0.0"}


class TransferTests(ApiCast):
    def setUp(self) -> None:
        super().setUp()
        self.zip = packed(File("1.jpg", jpeg(1)))

    def start(self, length: int) -> object:
        said = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in (("filename", "a.zip"), ("label", "parrot")))
        return self.api.post(f"/api/v1/projects/{self.project.id}/transfers", headers=TUS | {"Upload-Length": str(length), "Upload-Metadata": said})

    def test_a_program_sends_a_file_in_pieces_and_polls_the_upload_of_the_same_id(self) -> None:
        address = self.start(len(self.zip))["Location"]
        for begin, end in ((0, 600), (600, len(self.zip))):
            answer = self.api.patch(address, self.zip[begin:end], "application/offset+octet-stream", headers=TUS | {"Upload-Offset": str(begin)})
            assert (answer.status_code, answer["Upload-Offset"]) == (204, str(end))
        assert self.call("GET", address.removeprefix("/api/v1").replace("transfers", "uploads"))["status"] == "queued"
        assert Upload.objects.get().label.name == "parrot"

    def test_a_refusal_has_our_one_shape_and_the_headers_of_tus(self) -> None:
        answer = self.start(2_000_000_000)
        assert (answer.status_code, answer.json()["error"]["code"], answer["Tus-Resumable"]) == (413, "zip_too_big", "1.0.0")

    def test_how_far_it_is_is_told_by_head_and_it_can_be_given_up(self) -> None:
        address = self.start(len(self.zip))["Location"]
        assert self.api.head(address, headers=TUS)["Upload-Offset"] == "0"
        assert self.api.delete(address, headers=TUS).status_code == 204
        assert self.api.head(address, headers=TUS).status_code == 404

    def test_what_it_can_do_is_told_to_anybody(self) -> None:
        answer = self.api.options(f"/api/v1/projects/{self.project.id}/transfers", headers={"Authorization": ""})
        assert (answer.status_code, answer["Tus-Version"]) == (204, "1.0.0")
