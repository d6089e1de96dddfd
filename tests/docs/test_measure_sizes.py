"""The command that measures what records take, with few of them."""

import re
import sys

import pytest

from tests.docs.reading import text_of
from tests.servers import ran


@pytest.mark.wide
def test_it_prints_the_table_of_the_page() -> None:
    done = ran([sys.executable, "-m", "docs.measure_sizes", "50"])
    assert done.returncode == 0, done.stderr
    section = text_of("docs/scale.md").partition("## Sizing")[2].partition("\n## ")[0]
    shown = re.findall(r"^\| ([^|]+) \|", section, re.MULTILINE)
    assert re.findall(r"^\| ([^|]+) \|", done.stdout, re.MULTILINE) == shown
    # A document's size does not depend on how many there are.
    sizes = [re.findall(r"\| ([\d,]+) B \|", text) for text in (section, done.stdout)]
    for given, measured in zip(*sizes, strict=True):
        assert abs(int(given.replace(",", "")) - int(measured.replace(",", ""))) < 30
