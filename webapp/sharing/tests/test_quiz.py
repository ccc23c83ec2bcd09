"""Beat the AI: what a game shows and counts, and that it tells nothing before the guess."""

from django.urls import reverse

from tests.bucket import bucket
from webapp.core import store
from webapp.core.test import Cast
from webapp.images.models import Image
from webapp.projects.models import Member, Project
from webapp.serving import cache
from webapp.sharing import quiz
from webapp.sharing.models import Score, Sharing
from webapp.sharing.services import renew
from webapp.sharing.tests.shared import COLOURS, share_colours
from webapp.training.models import Run


class Table(Cast):
    """Alice shares an AI that tells red, green and blue, with four held-out pictures of each; Bob is a member, and nobody is logged in."""

    def setUp(self) -> None:
        super().setUp()
        cache.predictors.cache_clear()
        self.sharing = share_colours(self.alice)
        Member.objects.create(project=self.sharing.project, user=self.bob)
        self.model = self.sharing.project.models.get()
        self.pictures = list(self.sharing.project.images.select_related("label"))

    def was_tested(self, pairs) -> None:
        Run.objects.filter(id=self.model.run_id).update(answers=[[str(image.id), label, label, 0.9] for image, label in pairs])

    def at(self, name: str, *more) -> str:
        return reverse(f"sharing:{name}", args=[self.sharing.code, *more])

    def game(self) -> quiz.Game:
        return quiz.Game.of_session(self.client.session["quiz"], self.sharing)

    def play(self, wrong: int = 0) -> quiz.Game:
        """A game to its end, with so many wrong guesses."""
        self.client.post(self.at("quiz_start"))
        for place in range(len(self.game().rounds)):
            now = self.game().round
            fitting = [number for number, label in enumerate(now.choices, 1) if (label != now.label) == (place < wrong)]
            self.client.post(self.at("quiz_guess"), {"choice": fitting[0]})
            self.client.post(self.at("quiz_next"))
        return self.game()


class QuizTest(Table):
    def test_before_the_guess_nothing_on_the_page_says_what_the_picture_shows(self) -> None:
        self.client.post(self.at("quiz_start"))
        page, game = self.client.get(self.at("quiz")).content.decode(), self.game()
        assert page.count("data-asked") == 1 and f'src="{self.at("quiz_picture", 0)}"' in page
        assert not [image for image in self.pictures if str(image.id) in page or image.sha256 in page]
        assert [page.count(f"<span>{name}</span>") for name in COLOURS] == [1, 1, 1], "each label stands there as a choice alone"
        picture = self.client.get(self.at("quiz_picture", 0))
        assert b"".join(picture) == store.get(Image.objects.get(id=game.rounds[0].image).file_name)
        assert not [image for image in self.pictures if image.sha256 in str(picture.headers)]
        assert self.client.get(self.at("quiz_picture", 1)).status_code == 404, "the next one is not there yet"

    def test_a_guess_counts_once_and_the_ai_answers_for_real(self) -> None:
        self.client.post(self.at("quiz_start"))
        now = self.game().round
        right = now.choices.index(now.label) + 1
        page = self.client.post(self.at("quiz_guess"), {"choice": right}, headers={"HX-Request": "true"})
        self.assertContains(page, "Both right")
        assert "<html" not in page.content.decode()
        self.client.post(self.at("quiz_guess"), {"choice": right % 3 + 1})
        told = self.game().round
        assert (told.guess, told.said, self.game().place) == (now.label, now.label, 0) and told.ms > 0
        assert self.client.post(self.at("quiz_next")).status_code == 302 and self.game().place == 1

    def test_a_bucket_that_browsers_fetch_from_does_not_show_the_name_of_the_picture(self) -> None:
        self.client.post(self.at("quiz_start"))
        with bucket(FILES_BY="signed", STORE_URL="http://127.0.0.1"):
            image = Image.objects.get(id=self.game().rounds[0].image)
            store.put(image.file_name, b"picture")
            answer = self.client.get(self.at("quiz_picture", 0))
            assert (answer.status_code, b"".join(answer)) == (200, b"picture") and image.sha256 not in str(answer.headers)

    def test_ten_pictures_are_asked_and_the_result_can_go_on_the_list_once(self) -> None:
        game = self.play(wrong=3)
        assert (len(game.rounds), game.right, game.right_ai, game.is_over) == (10, 7, 10, True)
        assert len({one.image for one in game.rounds}) == 10
        self.assertContains(self.client.get(self.at("quiz")), "This one is mine")
        for name in ("<b>みさき</b>", "again"):
            self.client.post(self.at("quiz_name"), {"name": name})
        score = Score.objects.get()
        assert (score.name, score.right, score.right_ai, score.asked) == ("<b>みさき</b>", 7, 10, 10) and score.seconds >= 2
        self.assertContains(self.client.get(self.at("quiz")), "&lt;b&gt;みさき&lt;/b&gt;")

    def test_a_name_is_short_and_has_letters_that_are_seen(self) -> None:
        self.play()
        for name in ("", "\u202e ", "x" * 21):
            assert self.client.post(self.at("quiz_name"), {"name": name}).status_code == 422
        assert not Score.objects.exists()

    def test_whoever_put_a_name_on_the_list_takes_it_off_and_so_do_those_who_work_on_the_ai_but_nobody_else(self) -> None:
        for person in (None, self.bob):
            self.client.logout()
            self.play()
            self.client.post(self.at("quiz_name"), {"name": "Ken"})
            delete = self.at("delete_score", Score.objects.get().id)
            stranger = self.client_class()
            assert stranger.post(delete).status_code == 404
            if person:
                self.login(person)
            assert self.client.post(delete).status_code == 302 and not Score.objects.exists()

    def test_a_name_on_the_list_leads_nobody_from_an_old_address_to_the_new_one(self) -> None:
        self.play()
        self.client.post(self.at("quiz_name"), {"name": "Ken"})
        old = self.at("delete_score", Score.objects.get().id)
        renew(sharing=self.sharing)
        assert self.client.post(old).status_code == 404 and Score.objects.exists()

    def test_without_the_owners_word_there_is_no_game_and_one_that_goes_on_ends(self) -> None:
        self.client.post(self.at("quiz_start"))
        Sharing.objects.update(shows_examples=False)
        self.assertContains(self.client.get(self.at("quiz")), "No game here")
        assert self.client.get(self.at("quiz_picture", 0)).status_code == 404
        assert [self.client.post(self.at(name), {"choice": 1}).status_code for name in ("quiz_start", "quiz_guess", "quiz_next")] == [409] * 3
        Project.objects.update(visibility="private")
        assert self.client.get(self.at("quiz")).status_code == 404

    def test_a_game_that_cannot_go_on_says_so_and_leads_to_another(self) -> None:
        self.client.post(self.at("quiz_start"))
        self.assertContains(self.client.post(self.at("quiz_guess"), {"choice": 9}), "Choose one of the labels", status_code=422)
        Image.objects.filter(id=self.game().round.image).delete()
        page = self.client.post(self.at("quiz_guess"), {"choice": 1}, headers={"HX-Request": "true"})
        self.assertContains(page, "This game is over", status_code=409)
        self.assertContains(page, self.at("quiz_start"), status_code=409)
        self.assertNotContains(self.client.get(self.at("quiz")), "data-asked")

    def test_only_pictures_that_are_still_what_they_were_are_asked(self) -> None:
        gone, moved, aside, unknown, visitors, *rest = self.pictures
        gone.delete()
        Image.objects.filter(id=moved.id).update(label=self.sharing.project.labels.get(name="blue"))
        Image.objects.filter(id=aside.id).update(status=Image.SET_ASIDE)
        Image.objects.filter(id=unknown.id).update(source=Image.WEB)
        Image.objects.filter(id=visitors.id).update(source=Image.CORRECTION)
        store.delete(rest[0].file_name)
        assert {image.id for image in quiz.drawn(self.model)} == {image.id for image in rest[1:]}
        self.was_tested([(image, image.label.name) for image in rest[1:4]])
        self.assertContains(self.client.post(self.at("quiz_start")), "needs 4 pictures", status_code=409)

    def test_of_many_labels_nine_are_offered_and_the_right_one_is_among_them(self) -> None:
        labels = [f"label {number}" for number in range(30)]
        offered = quiz.choices(labels, "label 17")
        assert len(offered) == 9 and "label 17" in offered and offered == sorted(offered, key=labels.index)

    def test_the_clock_is_the_servers_and_believes_little(self) -> None:
        assert [quiz.timed(5, waited) for waited in ("", "1500", "999999", "-1", "x", "9" * 5000)] == [5, 3.5, 2, 5, 5, 5]
        assert quiz.timed(0.5, "3000") == quiz.LEAST_SECONDS

    def test_a_game_counts_as_a_play_and_its_page_asks_the_database_little(self) -> None:
        self.play()
        assert Sharing.objects.get(code=self.sharing.code).plays == 1
        with self.assertNumQueries(3):  # session, what is shared, the best
            self.client.get(self.at("quiz"))
