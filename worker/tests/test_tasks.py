"""What comes after work that was done."""

from unittest import mock

from django.db import OperationalError
from django.test import TransactionTestCase

from webapp.accounts.models import User
from webapp.core import jobs
from webapp.ingest.models import Upload
from webapp.projects.models import Project
from webapp.projects.services import create_project
from webapp.review import services as review
from worker.tasks import ingest


class LookThroughTest(TransactionTestCase):
    def test_new_pictures_are_checked_where_the_database_goes_away_after_they_came(self) -> None:
        project = create_project(owner=User.objects.create(email="a@example.org"), name="Pets", labels=["cat"])
        upload = Upload.objects.create(project=project)
        lost = OperationalError(2013, "Lost connection to MySQL server during query")
        with (
            mock.patch.object(ingest.work, "run", jobs.finish),
            mock.patch.object(review, "check_what_is_new", side_effect=[lost, None]) as checked,
            mock.patch.object(jobs.time, "sleep"),
        ):
            ingest.run(str(upload.id))
        assert [called.kwargs["project"] for called in checked.call_args_list] == [Project.objects.get(id=project.id)] * 2
