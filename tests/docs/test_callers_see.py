"""The table of what each kind of caller sees is that of the rights."""

from __future__ import annotations

from typing import Final

import pytest

from progress_backend.record.fields import Body
from progress_backend.web.rights import ANYONE, Caller, Resource, sees_stacks
from tests.servers import ROOT
from tests.test_promises import tables

SECTIONS: Final = {
    "docs/security.md": "What callers see",
    "docs/security.ja.md": "利用者に見えるもの",
}
#: The callers in the order of the table's rows.
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
SHARES: Final = (
    CALLERS[-1],
    Caller("share", until=1.0, task_type="fetch_data"),
    Caller("share", until=1.0, only=Resource("task", "job")),
)
WORDS: Final = {True: "yes", False: "no", None: "`authorize`"}


def sees(caller: Caller | None) -> list[str]:
    """The cells of a caller, which is None where the site's own function permits all else."""
    arguments = {"args", "kwargs", "arguments"} & {*Body.__struct_fields__}
    return [WORDS[None if caller is None else sees_stacks(caller)], WORDS[bool(arguments)]]


@pytest.mark.parametrize("page", SECTIONS)
def test_the_table_is_that_of_the_rights(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    section = text.partition(f"## {SECTIONS[page]}\n")[2].partition("\n## ")[0]
    assert [cells[1:] for cells in tables(section)] == [sees(caller) for caller in CALLERS]
    assert [sees(share) for share in SHARES] == [sees(CALLERS[-1])] * len(SHARES)
