"""A project with a model on the data folder of a machine that is not started yet: small, and as quick to make as it is to ask."""

import json
import os
from pathlib import Path


def make_a_model() -> None:
    """In a process of its own: a project with a published model, and the key of its owner's session on the last line."""
    import django  # settings read the data folder of this process

    django.setup()
    from django.core.management import call_command  # all of these are read only now
    from django.test import Client

    from webapp.accounts.models import User
    from webapp.core import jobs
    from webapp.projects.services import create_project
    from webapp.serving.tests import small
    from webapp.training.models import Run

    call_command("migrate", verbosity=0)
    owner = User.objects.create_user("alice@example.org", "correct horse", is_guest=False)
    project = create_project(owner=owner, labels=["red", "green", "blue"])
    small.SIDE = 224
    run = jobs.claim(Run, Run.objects.create(project=project).id, "one")
    small.published(run, Path(os.environ["AIMAKER_DATA"]) / "bundle", ["red", "green", "blue"])
    browser = Client()
    browser.force_login(owner, backend="webapp.accounts.backends.Backend")
    print(json.dumps({"project": str(project.id), "cookie": browser.cookies["sessionid"].value}))
