from webapp.core import store
from webapp.core.test import Cast, jpeg
from webapp.images import blocks
from webapp.images.intake import Candidate, Outcome, take_in
from webapp.images.models import Block, Image
from webapp.projects.models import Label, Project

URL, PAGE = "https://files.example/cat.jpg", "https://pages.example/cat"


class BlockTests(Cast):
    def take(self, content: bytes, label: Label | None = None, **facts) -> Outcome:
        outcomes: list[Outcome] = []
        take_in((label or self.cat).project, [Candidate(label or self.cat, content, "a.jpg", facts)], outcomes.append)
        return outcomes[0]

    def taken_down(self, image: Image, project: Project | None = None) -> None:
        blocks.block(blocks.marks(image), project)
        image.delete()

    def files(self) -> set[str]:
        return set(store.walk(f"projects/{self.project.id}"))

    def test_the_same_bytes_do_not_come_in_again_and_leave_no_file(self):
        image = self.take(jpeg(1)).image
        before = self.files() - {image.file_name, image.thumb_name}
        self.taken_down(image)
        again = self.take(jpeg(1))
        assert (again.reason, again.image, Image.objects.count()) == ("taken_down", None, 0) and again.message
        assert self.files() == before

    def test_other_bytes_from_the_same_address_do_not_come_in_either(self):
        self.taken_down(self.take(jpeg(1), source_url=URL, page_url=PAGE).image)
        for facts in ({"source_url": URL}, {"source_url": URL + "#top"}, {"page_url": PAGE, "source_url": "https://files.example/large.jpg"}):
            with self.subTest(facts):
                assert self.take(jpeg(2), **facts).reason == "taken_down"
        assert self.take(jpeg(2), source_url="https://files.example/dog.jpg").image

    def test_what_one_project_has_blocked_others_may_have(self):
        other = Label.objects.create(project=Project.objects.create(owner=self.charlie, name="Other"), name="cat", key="cat")
        self.taken_down(self.take(jpeg(1)).image, self.project)
        assert self.take(jpeg(1)).reason == "taken_down" and self.take(jpeg(1), other).image
        Block.objects.update(project=None)
        Image.objects.all().delete()
        assert self.take(jpeg(1), other).reason == "taken_down"

    def test_a_mark_is_kept_once(self):
        for _again in range(2):
            blocks.block(["a", "b", "a"], self.project)
        assert sorted(Block.objects.values_list("key", flat=True)) == ["a", "b"]
