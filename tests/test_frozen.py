"""What version 1.x keeps is there; what it has besides stands in docs/upgrade.md. Until 1.0.0
is released a change is written into frozen.json: `python -m tests.frozen`."""

import copy
import json

from tests import frozen
from tests.servers import ROOT

PAGE = ROOT / "docs" / "upgrade.md"
ADDED = "## Added since 1.0.0"


def problems(kept: dict[str, list[str]], now: dict[str, list[str]], page: str) -> list[str]:
    """Lines that are gone, and new ones that the page does not name."""
    listed = page.partition(ADDED)[2]
    return [
        *(f"{of}: {line} is gone" for of in kept for line in kept[of] if line not in now[of]),
        *(
            f"{of}: {line} is in no line of the page"
            for of in now
            for line in set(now[of]) - set(kept[of])
            if f"`{line.partition(':')[0]}`" not in listed
        ),
    ]


def test_version_1_keeps_what_is_frozen() -> None:
    kept, page = json.loads(frozen.FILE.read_text("utf-8")), PAGE.read_text("utf-8")
    assert problems(kept, frozen.all_of(), page) == []


def test_what_changes_or_is_not_listed_is_found() -> None:
    kept = json.loads(frozen.FILE.read_text("utf-8"))
    now = copy.deepcopy(kept)
    now["settings"].remove("PROGRESS_DOCS = True")
    now["codes"].append("text new_one: x")
    assert problems(kept, now, f"`text new_one`\n{ADDED}\n") == [
        "settings: PROGRESS_DOCS = True is gone",
        "codes: text new_one: x is in no line of the page",
    ]
    assert len(problems(kept, now, f"{ADDED}\n- `text new_one`")) == 1
