from webapp.api.resources.shapes import ExportOut
from webapp.api.tests.calls import ApiCast, missing
from webapp.core import jobs, store
from webapp.exports import work
from webapp.exports.models import Export


class Exports(ApiCast):
    def setUp(self):
        super().setUp()
        self.image(self.cat, 1)
        self.path = f"/projects/{self.project.id}/export"

    def test_is_queued_polled_and_fetched(self):
        answer = self.api.generic("POST", f"/api/v1{self.path}")
        made = answer.json()
        self.assertEqual((answer.status_code, answer["Location"], made["status"], made["url"]), (202, f"/api/v1/exports/{made['id']}", "queued", None))
        self.refused("GET", f"/exports/{made['id']}/zip", 409, "not_ready")
        work.run(jobs.claim(Export, made["id"], "worker"))
        done = self.call("GET", f"/exports/{made['id']}")
        ExportOut(**done)
        self.assertEqual((done["status"], done["total"], done["processed"]), ("done", 1, 1))
        fetched = self.api.get(done["url"])
        content = store.get(Export.objects.get().file_name)
        self.assertEqual((fetched.status_code, b"".join(fetched.streaming_content), len(content)), (200, content, done["size_bytes"]))
        part = self.api.get(done["url"], headers={"Range": "bytes=0-3"})
        self.assertEqual((part.status_code, b"".join(part.streaming_content)), (206, b"PK\x03\x04"))

    def test_takes_options_and_refuses_others(self):
        made = self.call("POST", self.path, {"licenses": ["by", "public"], "with_aside": True}, 202)
        self.assertEqual((made["licenses"], made["with_aside"]), (["public", "by"], True))
        for body in ({"licenses": ["free"]}, {"licence": ["by"]}, {"with_aside": "perhaps"}, {"licenses": "by"}):
            with self.subTest(body):
                self.refused("POST", self.path, 422, "invalid", body)
        self.assertEqual(Export.objects.count(), 1)

    def test_of_others_is_not_there(self):
        made = self.call("POST", self.path, status=202)
        self.api = self.as_(self.charlie)
        for path in (f"/exports/{made['id']}", f"/exports/{made['id']}/zip", f"/exports/{missing()}"):
            self.refused("GET", path, 404, "not_found")
        self.refused("POST", self.path, 404, "not_found")
