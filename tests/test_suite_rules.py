"""The tests keep their own rules, and the reader that says so would notice if they didn't."""

import json
from pathlib import Path

import pytest

from tests import suite_rules


def test_the_tests_keep_their_rules() -> None:
    found = suite_rules.problems()
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("tests/test_a.py", "import pytest\n@pytest.mark.flaky\ndef test(): ...", "second chance"),
        ("tests/test_a.py", "import pytest\npytest.mark.xfail(strict=False)", "lenient xfail"),
        ("tests/a/conftest.py", "handler.addFilter(print)", "hides log records"),
        ("tests/test_a.py", "import time\ntime.sleep(1)", "1 sleeps where"),
        ("Makefile", "test:\n\tpytest --reruns 2", "second chance"),
        (".ci/run", "pytest --reruns 3", "second chance"),
    ],
)
def test_what_breaks_a_rule_is_found(tmp_path: Path, file: str, text: str, says: str) -> None:
    for name, content in ((suite_rules.SLEEPS, "{}"), (file, text)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    (problem,) = suite_rules.problems(tmp_path)
    assert says in problem


def test_a_sleep_less_lowers_the_list(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / suite_rules.SLEEPS).write_text(json.dumps({"tests/test_a.py": 1}))
    (problem,) = suite_rules.problems(tmp_path)
    assert problem.endswith("lower it")
