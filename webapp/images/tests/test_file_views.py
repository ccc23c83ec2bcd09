from webapp.core import store
from webapp.core.test import Cast


class FileTests(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.picture = self.image(self.cat)
        self.addresses = [f"/images/{self.picture.id}/{name}.jpg" for name in ("picture", "thumb")]

    def test_owner_and_member_see_it_and_nobody_else(self) -> None:
        for address in self.addresses:
            assert self.client.get(address).status_code == 404
            for person, status in ((self.alice, 200), (self.bob, 200), (self.charlie, 404)):
                self.login(person)
                assert self.client.get(address).status_code == status
            self.client.logout()

    def test_it_is_a_jpeg_and_nothing_else_kept_for_good_by_this_browser_alone(self) -> None:
        self.login(self.alice)
        answer = self.client.get(self.addresses[0])
        assert b"".join(answer.streaming_content) == store.get(self.picture.file_name)
        assert answer["Content-Type"] == "image/jpeg"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert {"private", "immutable", "max-age=31536000"} <= set(answer["Cache-Control"].split(", "))

    def test_a_browser_that_has_it_is_told_so(self) -> None:
        self.login(self.alice)
        known = self.client.get(self.addresses[0])["ETag"]
        assert self.client.get(self.addresses[0], headers={"If-None-Match": known}).status_code == 304
        self.login(self.charlie)
        assert self.client.get(self.addresses[0], headers={"If-None-Match": known}).status_code == 404

    def test_a_missing_file_is_not_there(self) -> None:
        self.login(self.alice)
        store.delete(self.picture.thumb_name)
        assert self.client.get(self.addresses[1]).status_code == 404
