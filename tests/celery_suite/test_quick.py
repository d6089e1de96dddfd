"""A part of Celery's own integration suite, with every app tracked; `make celery-suite` is all."""

import re
import subprocess
import sys

import pytest

from tests.celery_suite.__main__ import ROOT, suite
from tests.conftest import missing

# It runs processes of its own, so nothing runs beside it.
pytestmark = pytest.mark.long

#: A bound on what has to be a minute or two.
BOUND_S = 900


def test_canvases_go_as_without_install_and_no_record_contradicts_a_result() -> None:
    try:
        suite()
    except (subprocess.CalledProcessError, OSError) as error:
        missing(f"Celery's source distribution from the package index ({error})")
    command = [sys.executable, "-m", "tests.celery_suite", "--quick", "-n", "2"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=BOUND_S, check=False
    )
    printed = done.stdout[-8_000:] + done.stderr[-2_000:]
    assert done.returncode == 0, printed
    compared = re.search(r"== (\d+) results compared with their records, 0 open", printed)
    assert compared is not None, printed
    assert int(compared[1]) > 500, printed
