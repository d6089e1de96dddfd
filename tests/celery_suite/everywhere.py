"""Has each Celery app tracked as soon as it is made, whoever makes it."""

import functools
from typing import Any

from celery import Celery

from progress_backend import install


def install_in_every_app() -> None:
    made = Celery.__init__

    @functools.wraps(made)
    def made_and_installed(app: Celery, *args: Any, **options: Any) -> None:
        made(app, *args, **options)
        install(app, track="all")

    Celery.__init__ = made_and_installed
