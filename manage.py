#!/usr/bin/env python
import os
import sys

if sys.version_info < (3, 11):
    sys.exit("AI Maker needs Python 3.11 or newer; this is %d.%d. `make run` finds a newer one if there is one." % sys.version_info[:2])

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"AI Maker cannot start. {error}")
