"""Every Python process of the suite imports this first: it has each Celery app installed."""

from tests.celery_suite.everywhere import install_in_every_app

install_in_every_app()
