"""The Celery app. Messages carry ids only; what they mean stands in the database."""

import os

import django
from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
django.setup()

app = Celery("aimaker")
