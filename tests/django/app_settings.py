"""The site's settings with applications that others made for Django's tasks, and a database."""

import os
from importlib.util import find_spec

from tests.django.settings import *  # noqa: F403

OTHERS = ("overseer", "tasks_monitor", "maintenance_tasks")
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "tests.django"]
INSTALLED_APPS += filter(find_spec, OTHERS)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["SITE_DATABASE"],
        "OPTIONS": {"timeout": 60, "transaction_mode": "IMMEDIATE"},
    }
}
MAINTENANCE_TASKS = {"MAX_RUNTIME": 0}  # a job for each batch
