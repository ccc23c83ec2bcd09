from unittest.mock import patch

import pytest

from webapp.answers import corrections, work
from webapp.answers.models import Answer, Correction
from webapp.answers.progress import progress
from webapp.answers.tests.asking import AnswersCast
from webapp.core import jobs, store
from webapp.core.errors import Cancelled, UserError
from webapp.images.models import Image
from webapp.images.services import delete_image, move_image, set_aside, standing
from webapp.serving.models import Model
from webapp.serving.publish import is_stopgap, publish
from webapp.serving.services import published_model
from webapp.serving.tests.small import RESULT, coloured, small_bundle
from webapp.training import services as training
from webapp.training.models import Run

ENOUGH = 5


class CorrectionCast(AnswersCast):
    def setUp(self) -> None:
        super().setUp()
        for label in (self.red, self.green, self.blue):
            for seed in range(ENOUGH):
                self.image(label, seed)

    def correct(self, label: str = "green", colour: str = "red", **more) -> Correction:
        return corrections.correct(project=self.project, user=self.alice, label=label, picture=coloured(colour), model=self.model, **more)

    def corrected(self, *given, **more) -> Correction:
        return self.take_in(self.correct(*given, **more))

    def undo(self, correction: Correction) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            corrections.undo(correction=correction, user=self.alice)

    def learned(self, correction: Correction) -> Model:
        """Train: the run that learns a correction ends with a model."""
        corrections.order()
        correction.refresh_from_db()
        run = jobs.claim(Run, correction.run_id, "one")
        return publish(run, small_bundle(store.local_path("bundle"), ["red", "green", "blue"]), RESULT)


class IntakeTest(CorrectionCast):
    def test_a_picture_joins_the_right_label_to_be_learned_and_says_where_it_comes_from(self) -> None:
        correction = self.corrected()
        image = Image.objects.get(id=correction.image)
        assert (image.label, image.source, image.split, image.origin) == (self.green, "correction", "train", correction.id)
        assert image.embedding.vector and (correction.said, correction.status, correction.waits) == ("red", "done", True)
        assert not store.exists(correction.file_name)

    def test_a_label_that_is_new_is_made_and_leaves_again_with_its_picture(self) -> None:
        correction = self.corrected("scarlet")
        assert self.project.labels.get(name="scarlet").images.count() == 1
        self.undo(correction)
        assert not self.project.labels.filter(name="scarlet").exists() and not Image.objects.filter(origin=correction.id).exists()

    def test_a_picture_that_the_project_has_under_another_label_moves_and_undo_moves_it_back(self) -> None:
        first = self.corrected("blue")
        second = self.corrected("green")
        assert second.image == first.image and Image.objects.get(id=first.image).label == self.green
        self.undo(second)
        assert Image.objects.get(id=first.image).label == self.blue

    def test_the_answer_that_was_kept_goes_with_a_picture_that_is_deleted_and_stays_when_it_is_taken_back(self) -> None:
        self.keep()
        for last in (self.undo, lambda correction: delete_image(image=Image.objects.get(id=correction.image))):
            answer = self.kept("red")
            last(self.corrected("blue"))
            assert Answer.objects.filter(id=answer.id).exists() == (last == self.undo)

    def test_the_answer_goes_with_a_picture_that_the_project_had_before_as_well(self) -> None:
        self.keep()
        old = self.corrected("blue")
        Image.objects.filter(id=old.image).update(source=Image.UPLOAD, origin=None)
        old.delete()
        answer, moved = self.kept("red"), self.corrected("green")
        assert moved.answer == answer and moved.was
        delete_image(image=Image.objects.get(id=moved.image))
        assert not Answer.objects.filter(id=answer.id).exists()

    def test_what_is_no_picture_or_has_no_label_is_said_at_once(self) -> None:
        for label, picture in (("green", b"<html>"), ("green", b""), ("  ", coloured("red"))):
            with pytest.raises(UserError):
                corrections.correct(project=self.project, user=self.alice, label=label, picture=picture)
        assert not Correction.objects.exists() and not list(store.walk(f"projects/{self.project.id}/corrections"))

    def test_a_picture_that_the_intake_refuses_ends_with_the_reason(self) -> None:
        correction = self.take_in(corrections.correct(project=self.project, user=self.alice, label="green", picture=coloured("red", side=8)))
        assert correction.status == "failed" and "16 pixels" in correction.error["cause"] and correction.waits is None

    def test_an_answer_that_was_kept_says_what_was_wrong(self) -> None:
        self.keep()
        answer = self.kept("red", unknown=True)
        assert (self.correct().answer, self.correct().said) == (answer, "")


class OrderTest(CorrectionCast):
    def test_a_quick_run_starts_by_itself_and_at_rest_there_is_one_look_at_an_empty_index(self) -> None:
        with self.assertNumQueries(1):
            assert corrections.order() == 0
        correction = self.corrected()
        assert corrections.order() == 1
        correction.refresh_from_db()
        assert (correction.run.preset, correction.run.started_by, correction.began_run, correction.waits) == ("quick", self.alice, True, None)

    def test_several_in_a_row_are_learned_together(self) -> None:
        first, second = self.corrected(), self.correct("blue", "black")
        assert corrections.order() == 0  # one more is on its way
        second = self.take_in(second)
        assert corrections.order() == 1
        for correction in (first, second):
            correction.refresh_from_db()
        assert first.run == second.run and Run.objects.filter(active=True).count() == 1

    def test_what_comes_while_a_run_is_at_work_waits_for_its_end(self) -> None:
        run = jobs.claim(Run, Run.objects.create(project=self.project, number=2, preset="accurate").id, "one")
        correction = self.corrected()
        assert corrections.order() == 0
        jobs.finish(run)
        assert corrections.order() == 1
        correction.refresh_from_db()
        assert correction.run not in (None, run)

    def test_a_run_that_waits_already_learns_it_and_is_not_stopped_by_an_undo(self) -> None:
        run = Run.objects.create(project=self.project, number=2)
        correction = self.corrected()
        corrections.order()
        correction.refresh_from_db()
        assert (correction.run, correction.began_run) == (run, False)
        self.undo(correction)
        run.refresh_from_db()
        assert run.status == Run.QUEUED

    def test_what_stands_in_the_way_of_a_training_is_told(self) -> None:
        correction = self.corrected("scarlet")
        corrections.order()
        correction.refresh_from_db()
        assert "“scarlet” has 1" in correction.problem and (correction.run, correction.waits) == (None, None)


class UndoTest(CorrectionCast):
    def test_the_picture_leaves_and_the_model_before_answers_again(self) -> None:
        correction = self.corrected()
        new = self.learned(correction)
        assert published_model(self.project) == new
        self.undo(Correction.objects.get(id=correction.id))
        assert published_model(self.project) == self.model and not Image.objects.filter(source="correction").exists()

    def test_what_was_learned_together_is_learned_again_without_it(self) -> None:
        first, second = self.corrected(), self.corrected("blue", "black")
        self.learned(first)
        self.undo(Correction.objects.get(id=first.id))
        assert corrections.order() == 1
        first_run, second_run = (Correction.objects.get(id=one.id).run for one in (first, second))
        assert second_run != first_run and second_run.is_live

    def test_stops_a_run_that_was_started_for_it_alone(self) -> None:
        correction = self.corrected()
        corrections.order()
        self.undo(Correction.objects.get(id=correction.id))
        assert not Run.objects.filter(active=True).exists() and corrections.order() == 0

    def test_twice_changes_nothing_more(self) -> None:
        correction = self.corrected()
        self.undo(correction)
        self.undo(correction)
        assert Correction.objects.get(id=correction.id).undone

    def test_before_a_worker_had_it_nothing_comes_in(self) -> None:
        correction = self.correct()
        self.undo(correction)
        assert jobs.claim(Correction, correction.id, "one") is None and not store.exists(correction.file_name)

    def test_while_the_picture_is_taken_in_leaves_nothing_behind_new_or_moved(self) -> None:
        finish = work.finish
        for label, ends in (("scarlet", None), ("blue", None), ("green", self.blue)):
            if ends:
                self.corrected("blue")
            correction = self.correct(label)
            undone = patch.object(work, "finish", lambda row, *more: (self.undo(Correction.objects.get(id=row.id)), finish(row, *more)))
            with undone, pytest.raises(Cancelled):
                self.take_in(correction)
            assert list(Image.objects.filter(source="correction").values_list("label", flat=True)) == ([ends.id] if ends else [])
        assert not self.project.labels.filter(name="scarlet").exists()

    def test_what_somebody_has_decided_since_stays_and_that_is_told(self) -> None:
        said, came = self.corrected("blue"), self.corrected("blue")
        self.undo(said)  # somebody else has said the same
        said.delete()
        Image.objects.filter(id=came.image).update(origin=came.id)
        moved = self.corrected("green")
        image = Image.objects.get(id=came.image)
        self.undo(came)
        assert Image.objects.get(id=image.id).label == self.green and "changed since" in progress(Correction.objects.get(id=came.id)).words
        for change in (lambda: move_image(image=image, label=self.red), lambda: (move_image(image=image, label=self.green), set_aside(image=image))):
            Correction.objects.filter(id=moved.id).update(undone=None)
            change()
            before = standing([Image.objects.get(id=image.id)])
            self.undo(moved)
            assert standing([Image.objects.get(id=image.id)]) == before and "changed since" in Correction.objects.get(id=moved.id).problem

    def test_a_label_stays_while_another_picture_is_on_its_way_to_it_and_goes_with_the_last(self) -> None:
        first, second = self.correct("fox"), self.correct("fox", "black")
        self.undo(first)
        second = self.take_in(second)
        assert second.label and second.status == "done"
        self.undo(second)
        assert not self.project.labels.filter(name="fox").exists()

    def test_a_run_that_ends_in_that_very_moment_does_not_go_on_answering(self) -> None:
        correction, stop = self.corrected(), training.cancel
        corrections.order()
        with patch.object(training, "cancel", lambda run: (self.learned(correction), stop(run=run))[1]):
            self.undo(Correction.objects.get(id=correction.id))
        assert Run.objects.get(id=correction.run_id).status == Run.READY and published_model(self.project) == self.model


class BetterModelTest(CorrectionCast):
    def test_a_model_that_was_trained_longer_is_not_replaced_by_a_quick_one_that_is_no_better(self) -> None:
        tuned = self.a_model(number=2, preset="accurate")
        new = self.learned(self.corrected())
        assert published_model(self.project) == tuned and not new.published
        assert Model.objects.get(id=new.id).finding["reason"] == "no_pictures"

    def test_a_person_who_trains_quickly_gets_what_the_project_wants(self) -> None:
        tuned = self.a_model(number=2, preset="accurate")
        assert not is_stopgap(Run.objects.create(project=self.project, number=3, preset="quick"), tuned)
