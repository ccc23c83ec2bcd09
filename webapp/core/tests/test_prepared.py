from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from webapp.accounts.models import User
from webapp.core.prepared import EXAMPLE_IDS, EXAMPLE_TIME, Prepared
from webapp.core.test import Cast
from webapp.projects.models import Project
from webapp.projects.rules import visible

project = Prepared(lambda user_id, row_id: visible(User(id=user_id), Project).filter(id=row_id), *EXAMPLE_IDS)


class APreparedQuery(Cast):
    def test_answers_as_the_gate_does_for_each_person(self):
        for person in (self.alice, self.bob, self.charlie):
            with self.subTest(person.email):
                self.assertEqual(project.first(person.id, self.project.id), visible(person, Project).filter(id=self.project.id).first())
        self.assertIsNone(project.first(self.alice.id, uuid4()))

    def test_takes_one_query_and_keeps_nothing_of_the_last_answer(self):
        project.first(self.alice.id, self.project.id)
        Project.objects.update(name="Renamed")
        with self.assertNumQueries(1):
            self.assertEqual(project.first(self.alice.id, self.project.id).name, "Renamed")

    def test_compares_times_as_the_database_keeps_them(self):
        later = Prepared(lambda time: Project.objects.filter(created__gt=time), EXAMPLE_TIME)
        now = timezone.now()
        self.assertEqual(later.first(now - timedelta(minutes=1)), self.project)
        self.assertIsNone(later.first(now + timedelta(minutes=1)))

    def test_must_have_a_place_for_each_value(self):
        with self.assertRaises(ValueError):
            Prepared(lambda time: Project.objects.all(), EXAMPLE_TIME).first(timezone.now())
