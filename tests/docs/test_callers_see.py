"""The table of what each kind of caller sees is that of the rights."""

from typing import Final

import pytest

from progress_backend.record.fields import Body
from progress_backend.web.rights import ANYONE, Caller, Resource, sees_errors, sees_stacks
from tests.servers import ROOT
from tests.test_promises import tables

HEADS: Final = {"security": "What callers see", "security.ja": "利用者に見えるもの"}
CALLERS: Final = (
    ANYONE,
    Caller("read"),
    Caller("write", writes=True),
    Caller("typed", writes=True, task_type="fetch_data"),
    Caller("owned", writes=True, owner="alice"),
    None,
    Caller("alice", writes=True, owner="alice"),
    Caller("share", until=1.0, owner="alice"),
)
WORDS: Final = {True: "yes", False: "no", None: "`authorize`"}


def sees(caller: Caller | None) -> list[str]:
    """The cells of a caller, which is None where the site's own function permits all else."""
    arguments = {"args", "kwargs", "arguments"} & {*Body.__struct_fields__}
    stacks = None if caller is None else sees_stacks(caller)
    errors = {**WORDS, None: "`PROGRESS_SHOW_ERRORS`"}[sees_errors(caller or ANYONE)]
    return [WORDS[stacks], errors, WORDS[bool(arguments)]]


@pytest.mark.parametrize("page", HEADS)
def test_the_table_is_that_of_the_rights(page: str) -> None:
    text = (ROOT / f"docs/{page}.md").read_text(encoding="utf-8")
    section = text.partition(f"## {HEADS[page]}\n")[2].partition("\n## ")[0]
    assert [cells[1:] for cells in tables(section)] == [sees(caller) for caller in CALLERS]
    assert sees(Caller("share", until=1.0, only=Resource("task", "job"))) == sees(CALLERS[-1])
