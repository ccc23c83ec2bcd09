"""The check of a project, done by a worker."""

from webapp.core import jobs
from webapp.review.models import Check


def run(check: Check) -> None:
    """Look through the pictures of a project."""
    jobs.finish(check)
