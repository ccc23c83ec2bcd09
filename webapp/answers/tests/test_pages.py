from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from webapp.answers import corrections
from webapp.answers.models import Answer, Correction
from webapp.answers.tests.asking import AnswersCast
from webapp.serving.tests.small import coloured
from webapp.training.models import Run

HTMX = {"HX-Request": "true"}


def file(colour: str = "red") -> SimpleUploadedFile:
    return SimpleUploadedFile("p.jpg", coloured(colour))


class AnswersPageTest(AnswersCast):
    def setUp(self) -> None:
        super().setUp()
        self.keep()
        self.address = reverse("answers:answers", args=[self.project.id])
        self.login(self.bob)

    def listed(self, **filters) -> set[str]:
        return {answer.best for answer in self.client.get(self.address, filters).context["rows"]}

    def test_is_filtered_by_label_doubt_and_door_and_nonsense_is_ignored(self) -> None:
        self.kept("red")
        self.kept("green", door="api", confidence=0.5)
        self.kept("blue", unknown=True)
        assert self.listed() == self.listed(label="nothing", since="x", page="x") == {"red", "green", "blue"}
        assert (self.listed(label="red"), self.listed(door="api"), self.listed(kind="unsure"), self.listed(kind="unknown")) == ({"red"}, {"green"}, {"green"}, {"blue"})
        assert self.listed(until="2020-01-01") == set() and self.listed(since="2020-01-01") == {"red", "green", "blue"}

    def test_what_was_corrected_can_be_found(self) -> None:
        self.kept("red")
        answer = self.kept("blue")
        corrections.correct(project=self.project, user=self.bob, label="green", picture=coloured("blue"), answer=answer)
        assert self.listed(kind="corrected") == {"blue"}
        self.assertContains(self.client.get(self.address), "→ green")

    def test_the_csv_has_a_line_for_each_and_no_formula(self) -> None:
        self.kept(label="=HYPERLINK()", key="robot")
        lines = b"".join(self.client.get(reverse("answers:csv", args=[self.project.id]))).decode().splitlines()
        assert lines[0].startswith("\ufefftime,door,key,run,answer") and ",page,robot,1,'=HYPERLINK(),0.9000,," in lines[1] and len(lines) == 2

    def test_one_or_all_can_be_deleted(self) -> None:
        answers = [self.kept(colour) for colour in ("red", "green", "blue")]
        assert self.client.post(reverse("answers:delete", args=[answers[0].id]), headers=HTMX).content == b""
        assert Answer.objects.count() == 2
        self.client.post(reverse("answers:delete_all", args=[self.project.id]))
        assert not Answer.objects.exists()

    def test_it_asks_as_often_for_three_as_for_one(self) -> None:
        for more in (1, 2):
            for _one in range(more):
                self.kept()
            with self.assertNumQueries(8):
                self.client.get(self.address)

    def test_only_the_owner_chooses_for_how_long(self) -> None:
        keep = reverse("answers:keep", args=[self.project.id])
        assert self.client.post(keep, {"days": "7"}).status_code == 404
        self.login(self.alice)
        self.client.post(keep, {"days": "7"})
        self.project.refresh_from_db()
        assert self.project.answers_days == 7 and self.client.post(keep, {"days": "8"}).status_code == 422


class TryPageTest(AnswersCast):
    def setUp(self) -> None:
        super().setUp()
        self.address = reverse("serving:try", args=[self.project.id])
        self.login(self.alice)

    def test_says_truly_what_becomes_of_a_picture(self) -> None:
        self.assertContains(self.client.get(self.address), "kept nowhere")
        self.keep(30)
        self.assertContains(self.client.get(self.address), "are kept for 30 days")
        self.assertNotContains(self.client.get(self.address), "kept nowhere")

    def test_an_answer_offers_the_other_labels_to_whoever_may_change_the_project(self) -> None:
        board = self.client.post(self.address, {"image": file()}, headers=HTMX)
        self.assertContains(board, 'name="label" value="green"')
        self.assertNotContains(board, 'name="label" value="red"')

    def test_what_was_put_right_lately_stands_below_in_as_many_queries_for_three_as_for_one(self) -> None:
        counts = []
        for colour in ("red", "black"):
            for _one in range(len(counts) + 1):
                Correction.objects.create(project=self.project, label_name=colour, status="done", waits=True)
            with CaptureQueriesContext(connection) as queries:
                self.assertContains(self.client.get(self.address), f"</span> {colour}</h3>", len(counts) + 1)
            counts.append(len(queries))
        assert counts[0] == counts[1]

    def test_without_javascript_the_picture_is_chosen_once_more_and_a_page_shows_what_comes_of_it(self) -> None:
        self.assertContains(self.client.post(self.address, {"image": file()}), "Choose the picture once more")
        answer = self.client.post(reverse("answers:correct", args=[self.project.id]), {"image": file(), "label": "green", "model": str(self.model.id)})
        correction = Correction.objects.get()
        self.assertRedirects(answer, reverse("answers:correction", args=[correction.id]))
        assert (correction.said, correction.label_name, correction.model) == ("red", "green", self.model)

    def test_what_a_page_remembers_is_asked_of_both_models(self) -> None:
        new = self.a_model(number=2, labels=("green", "red", "blue"))  # what was red is green for it, and the other way round
        correction = Correction.objects.create(project=self.project, model=self.model, run=new.run, label=self.green, label_name="green", status="done")
        page = self.client.post(reverse("answers:compare", args=[correction.id]), {"image": [file("red"), file("blue"), file("lime")]}, headers=HTMX)
        assert [(flip.place, flip.before.label, flip.after.label) for flip in page.context["flips"]] == [(0, "red", "green"), (2, "green", "red")]
        self.assertContains(page, "2 answers changed")

    def test_kept_answers_are_asked_again_without_being_kept_again(self) -> None:
        self.keep()
        self.kept("red")
        self.kept("blue")
        new = self.a_model(number=2, labels=("green", "red", "blue"))
        correction = Correction.objects.create(project=self.project, model=self.model, run=new.run, label=self.green, label_name="green", status="done")
        page = self.client.get(reverse("answers:correction", args=[correction.id]))
        assert [(flip.before.label, flip.after.label) for flip in page.context["shown"].result.kept] == [("red", "green")]
        assert Answer.objects.count() == 2

    def test_a_better_model_that_goes_on_answering_is_offered_the_picture(self) -> None:
        Run.objects.filter(id=self.model.run_id).update(preset="accurate")
        new = self.a_model(number=2)
        type(new).objects.update(published=None)
        type(new).objects.filter(id=self.model.id).update(published=True)
        correction = Correction.objects.create(project=self.project, model=self.model, run=new.run, label=self.green, label_name="green", status="done")
        page = self.client.get(reverse("answers:correction", args=[correction.id]))
        self.assertContains(page, reverse("training:again", args=[self.model.run_id]))
        self.assertContains(page, reverse("serving:put_in_use", args=[new.id]))
