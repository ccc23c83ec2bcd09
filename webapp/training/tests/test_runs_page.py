from django.urls import reverse
from django.utils.html import escape

from trainer import config
from webapp.core.test import Cast
from webapp.images.models import Image
from webapp.training import words
from webapp.training.models import Epoch, Run
from webapp.training.templatetags import training_tags


class RunsPageTest(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.address = reverse("training:runs", args=[self.project.id])
        self.starting = reverse("training:start", args=[self.project.id])
        self.login(self.alice)

    def fill(self, each: int = 10) -> None:
        for label in (self.cat, self.dog):
            for seed in range(each):
                Image.objects.create(project=self.project, label=label, sha256=f"{label.position}-{seed}", width=9, height=9, size_bytes=9)

    def ended(self, number: int, **values) -> Run:
        run = Run.objects.create(project=self.project, number=number, preset="quick", status="ready", active=None, epochs=2, epoch=2, **values)
        Epoch.objects.create(run=run, epoch=1, train_loss=1, train_accuracy=0.5, val_loss=1, val_accuracy=0.5, learning_rate=0.1, seconds=1)
        return run

    def test_what_is_missing_is_said_before_anybody_presses_and_there_is_nothing_to_press(self) -> None:
        page = self.client.get(self.address)
        self.assertContains(page, "Training needs pictures of at least two labels.")
        self.assertNotContains(page, self.starting)
        self.assertContains(page, reverse("images:project", args=[self.project.id]))

    def test_pressing_with_too_few_pictures_says_the_same_and_makes_no_run(self) -> None:
        page = self.client.post(self.starting, {"preset": "auto"})
        self.assertContains(page, "Training needs pictures of at least two labels.", status_code=422)
        assert not Run.objects.exists()

    def test_a_form_without_javascript_starts_a_run_with_the_preset_and_the_changed_options(self) -> None:
        self.fill()
        answer = self.client.post(self.starting, {"preset": "quick", "epochs": "7", "seed": "", "augment": ""})
        run = Run.objects.get()
        self.assertRedirects(answer, reverse("training:run", args=[run.id]))
        assert (run.preset, run.config["epochs"], run.config["seed"], run.config["augment"]) == ("quick", 7, 0, "light")

    def test_pressing_twenty_times_makes_one_run(self) -> None:
        self.fill()
        addresses = {self.client.post(self.starting, {"preset": "auto"}).url for _press in range(20)}
        assert Run.objects.count() == 1 and addresses == {reverse("training:run", args=[Run.objects.get().id])}

    def test_an_option_out_of_bounds_is_refused_at_its_field_and_what_was_typed_stays(self) -> None:
        self.fill()
        page = self.client.post(self.starting, {"preset": "quick", "epochs": "5000"})
        assert page.status_code == 422 and page.context["form"].errors["epochs"] == ["Epochs must be a whole number from 1 to 1000."]
        self.assertContains(page, 'value="5000"', status_code=422)
        self.assertContains(page, "<details class=\"data more\" open>", status_code=422)

    def test_an_option_that_the_preset_refuses_is_refused_at_its_field(self) -> None:
        self.fill()
        page = self.client.post(self.starting, {"preset": "quick", "image_size": "300"})
        assert list(page.context["form"].errors) == ["image_size"] and page.status_code == 422
        assert page.context["form"].errors["image_size"] == ["Picture size must be 224 with preset quick. Choose preset balanced or accurate for another size."]

    def test_every_option_says_on_the_page_what_the_trainer_says_of_it(self) -> None:
        self.fill()
        page = self.client.get(self.address)
        for option in config.describe():
            if option["name"] in words.OPTIONS:
                self.assertContains(page, escape(option["help"]))

    def test_every_preset_is_offered_with_its_time_and_the_choice_for_me_says_what_and_why(self) -> None:
        self.fill()
        page = self.client.get(self.address)
        offers = page.context["offers"]
        assert [offer.name for offer in offers] == ["auto", "quick", "balanced", "accurate"] and offers[0].is_chosen
        assert all(offer.seconds > 0 for offer in offers) and offers[3].seconds > offers[1].seconds
        self.assertContains(page, words.about(offers[3].seconds))
        assert offers[0].takes and "20 pictures" in offers[0].reason

    def test_a_run_keeps_what_was_said_before_it_began(self) -> None:
        self.fill()
        self.client.post(self.starting, {"preset": "auto"})
        run = Run.objects.get()
        assert (run.advice["preset"], run.advice["epochs"]) == (run.preset, run.epochs) and run.estimate_seconds > 0
        assert "20 pictures" in training_tags.advice_words(run) and training_tags.estimate_words(run).startswith("about ")

    def test_what_a_person_chose_needs_no_advice(self) -> None:
        self.fill()
        self.client.post(self.starting, {"preset": "accurate", "epochs": "3"})
        run = Run.objects.get()
        assert (run.advice, run.preset, run.epochs) == (None, "accurate", 3) and training_tags.advice_words(run) == ""

    def test_while_a_run_is_live_the_board_leads_to_it(self) -> None:
        self.fill()
        self.client.post(self.starting)
        page = self.client.get(self.address)
        self.assertContains(page, "Watch it")
        self.assertNotContains(page, f'action="{self.starting}"')

    def test_every_run_is_listed_and_the_chosen_ones_are_ticked(self) -> None:
        best = {"epoch": 1, "val_accuracy": 0.9, "val_loss": 1}
        for number in range(1, 6):
            self.ended(number, best=best, train_images=18, val_images=2, seconds=75)
        assert self.client.get(self.address).context["shown"] == {3, 4, 5}
        page = self.client.get(self.address, {"show": "5-1-x-99999999999"})
        assert page.context["shown"] == {5, 1}
        for text in ("Run 1", "Run 5", "90%", "20 pictures", "1 min 15 s"):
            self.assertContains(page, text)

    def test_the_page_asks_as_often_for_three_runs_as_for_one(self) -> None:
        self.fill(5)
        self.ended(1)
        with self.assertNumQueries(7):
            self.client.get(self.address)
        self.ended(2)
        self.ended(3)
        with self.assertNumQueries(7):
            self.client.get(self.address)

    def test_bob_may_train_and_for_charlie_and_nobody_the_page_is_not_there(self) -> None:
        self.fill()
        self.login(self.bob)
        assert self.client.post(self.starting).status_code == 302
        for someone in (self.charlie, None):
            self.client.logout()
            if someone:
                self.login(someone)
            assert [self.client.get(self.address).status_code, self.client.post(self.starting).status_code] == [404, 404]

    def test_the_page_speaks_japanese(self) -> None:
        self.client.cookies["django_language"] = "ja"
        self.assertContains(self.client.get(self.address), '<html lang="ja"')
