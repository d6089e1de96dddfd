"""The header of each script says what its caller passes and what the script does."""

from __future__ import annotations

import hashlib
import re
from math import inf
from pathlib import Path
from typing import NamedTuple

import pytest

from progress_backend.flows import commands as c
from progress_backend.flows.keys import Keys
from progress_backend.record.model import STATUSES
from progress_backend.record.past_runs import PastRun
from progress_backend.store import scripts
from progress_backend.store.command_table import TABLE

FOLDER = Path(scripts.__file__).parent
#: Without what they share: that has no caller of its own.
FILES = sorted(path for path in FOLDER.glob("*.lua") if not path.name.startswith("_"))
HERE = c.Facets("created", "fetch_data", "7203.T")
THERE = c.Facets("running", "fetch_data", "7203.T", "lease-1")
#: The same of a workflow's member.
PLANNED = HERE._replace(workflows=("w",), planned=True)
RUN = PastRun(5, 1.5, 3)
HALF = THERE._replace(workflows=("w", "canvas"), share=500)
FETCHED = HERE._replace(workflows=("w", "canvas"))
TOLD = c.Told((c.Notice("ops", "t:1:2:completed", b"{}"),), ("w", "canvas"))
#: For each script, commands that call it in every shape.
CALLS: dict[str, list[c.Command]] = {
    "commit": [
        c.Commit("t", "x", b"{}", HERE, THERE, 1, 2, fresh=True),
        c.Commit("t", "x", b"{}", HERE, THERE, 1, 2, run=RUN),
        c.Commit("t", "x", b"{}", THERE, THERE, 1, 2),
        c.Commit("t", "x", b"{}", THERE, THERE, 1, None, end_ms=5),
        c.Commit("t", "x", b"{}", HERE, THERE, 1, None, took=(c.Took("wait", 200_000),)),
        c.Commit("t", "", b"{}", None, HERE, 1, 2, fresh=True, told=TOLD),
        c.Commit("t", "x", b"{}", THERE, THERE, 1, None, entries=(b"{}", b"{}")),
        c.Commit("t", "x", b"{}", HERE, THERE, 1, 2, told=TOLD, entries=(b"{}",)),
    ],
    "commit_first": [
        c.Commit("t", "", b"{}", None, HERE, 1, 2, fresh=True),
        c.Commit("t", "", b"{}", None, THERE, 1, 2, fresh=True),
    ],
    "log": [
        c.AddToLog("t", (b"{}", b"{}"), 60_000),
        c.AddToLog("t", (b"{}",), 60_000, lost=7),
    ],
    "samples": [c.KeepSamples("t", 2, b"0:1", 60_000)],
    "commit_in_place": [c.Commit("t", "x", b"{}", THERE, THERE, 1, None)],
    "commit_member": [
        c.Commit("t", "", b"{}", None, PLANNED, 1, 2, fresh=True, workflow_name="fetch ×8"),
        c.Commit(
            "t",
            "x",
            b"{}",
            PLANNED,
            HALF,
            1,
            2,
            run=RUN,
            started_ms=5,
            ended_ms=6,
            acts=("pause@5", ""),
            took=(c.Took("wait", 200_000), c.Took("run", 20_000)),
        ),
        c.Commit("t", "x", b"{}", HALF, HALF, 1, None),
        c.Commit("t", "x", b"{}", HALF, HALF, 1, None, told=TOLD),
        c.Commit("t", "x", b"{}", HALF, HALF, 1, None, told=TOLD, entries=(b"{}",)),
        c.Commit("t", "x", b"{}", HALF, HALF._replace(status="completed"), 1, 2, ended_ms=6),
        c.Commit("t", "x", b"{}", HALF, HALF, 1, 2, ended_ms=6, end_ms=6),
    ],
    "commit_members": [
        c.Commits(
            (
                c.Commit("t", "", b"{}", None, PLANNED, 1, 2, fresh=True, workflow_name="fetch ×8"),
                c.Commit("u", "", b"{}", None, PLANNED, 1, 2, fresh=True),
            )
        ),
        c.Commits(
            tuple(c.Commit(one, "", b"{}", None, FETCHED, 1, 2, fresh=True) for one in "tuv")
        ),
    ],
    "figures": [c.FiguresOf("w", 5), c.FiguresOfEach(("w", "v"), 5)],
    "forget_workflow": [c.ForgetWorkflow("w")],
    "direct": [
        c.Direct("w", c.Act.made("cancel", 5, "api", None), 60_000),
        c.Direct("w", c.Act.made("pause", 5, "api", "why"), 60_000),
    ],
    "drop_act": [c.DropAct("w", "cancel@5")],
    "publishing": [c.Publishing("w", "token", 5, 60_000), c.Publishing("w", "token", 5, 0)],
    "before": [
        c.Before((c.Waiting("fetch_data", "t", 5),)),
        c.Before((c.Waiting("fetch_data", "t", 5), c.Waiting("merge", "u", 6)), own=False),
    ],
    "page": [
        c.Page(0, 20),
        c.Page(0, 20, light=True),
        c.Page(40, 20, c.Filters("running", "fetch_data", "7203.T")),
        c.Page(0, 20, c.Filters("running", workflow="w")),
    ],
    "top": [c.Top(inf, 20), c.Top(5, 20)],
    "sweep": [
        c.Sweep((c.Entry("t", THERE),), 5),
        c.Sweep((c.Entry("t", None), c.Entry("u", HERE), c.Entry("v", THERE)), 5),
        c.Sweep((c.Entry("t", PLANNED), c.Entry("u", HALF), c.Entry("v", HERE)), 5),
    ],
    "unlock": [c.Unlock("reap", "token")],
    "lock": [c.Lock("reap", "token", 15_000)],
    "read": [c.Read(("t", "u"), light=True), c.Read(("t",), light=True)],
    "count": [c.Count(5)],
    "forget": [c.ForgetLease("lease-1", 5)],
    "note": [c.Note("t", TOLD.notices), c.Note("t", TOLD.notices * 2)],
    "take": [c.TakeEvents("ops", 5, 6, 7)],
    "settle": [
        c.SettleEvent(0, "ops", "t:1:2:completed", outcome="delivered", delivery=b"{}"),
        c.SettleEvent(0, "ops", "t:1:2:completed", 5, unmade=True),
    ],
    "may_have_ended": [c.MayHaveEnded(5, 6, 7)],
    "looked_for_end": [c.LookedForEnd("w", 6), c.LookedForEnd("w", 6, 7)],
    "leave_markings": [c.LeaveMarkings((), 9), c.LeaveMarkings((("fetch", "{}"),), 9)],
}


class Header(NamedTuple):
    purpose: str
    sections: dict[str, list[str]]
    code: str

    def count(self, section: str) -> tuple[int, bool]:
        """How many values are named one by one, and whether more may follow."""
        numbers = [m[1] for line in self.sections[section] if (m := re.match(r" *(\d+) ", line))]
        assert numbers == [str(n) for n in range(1, len(numbers) + 1)]
        more = [line for line in self.sections[section] if re.match(r" *\d+ …", line)]
        return len(numbers) - len(more), bool(more)


def header_of(path: Path) -> Header:
    found = re.fullmatch(r"--\[\[\n(.*?)\n\]\]\n(.*)", path.read_text(encoding="utf-8"), re.DOTALL)
    assert found, f"{path.name} does not open with its header"
    purpose, *parts = re.split(r"^(KEYS|ARGV|Returns|Publishes)\n", found[1], flags=re.MULTILINE)
    sections = {name: text.splitlines() for name, text in zip(parts[::2], parts[1::2], strict=True)}
    return Header(purpose.strip(), sections, found[2])


def script_of(path: Path) -> scripts.Script:
    """The script that ends with the file."""
    (found,) = [s for s in scripts.ALL if s.text.endswith(path.read_text("utf-8"))]
    return found


scripts_by_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def test_every_file_is_a_script_and_has_its_calls() -> None:
    assert {path.stem for path in FILES} == set(CALLS)
    assert {script_of(path) for path in FILES} == set(scripts.ALL)
    for script in scripts.ALL:
        assert script.sha == hashlib.sha1(script.text.encode()).hexdigest()


@scripts_by_file
def test_the_header_has_its_five_parts(path: Path) -> None:
    header = header_of(path)
    assert header.purpose
    assert list(header.sections) == ["KEYS", "ARGV", "Returns", "Publishes"]
    assert all(any(map(str.strip, lines)) for lines in header.sections.values())


@scripts_by_file
def test_the_caller_passes_what_the_header_names(path: Path) -> None:
    header = header_of(path)
    sha = script_of(path).sha
    for command in CALLS[path.stem]:
        *_, (verb, called, key_count, *rest) = TABLE[type(command)].requests(command, Keys())
        assert (verb, called) == ("EVALSHA", sha)
        for section, passed in (("KEYS", key_count), ("ARGV", len(rest) - key_count)):
            named, more = header.count(section)
            assert passed >= named if more else passed == named, section


@scripts_by_file
def test_the_code_uses_what_the_header_names(path: Path) -> None:
    header = header_of(path)
    for section in ("KEYS", "ARGV"):
        named, more = header.count(section)
        used = {int(n) for n in re.findall(rf"{section}\[(\d+)\]", header.code)}
        assert used == set(range(1, named + 1)), section
        assert more == bool(re.search(rf"{section}\[(?!\d+\])|#{section}", header.code)), section


@scripts_by_file
def test_the_header_says_whether_it_publishes(path: Path) -> None:
    header = header_of(path)
    silent = " ".join(header.sections["Publishes"]).strip() == "nothing"
    assert silent == ("publish" not in header.code.lower())


@scripts_by_file
def test_records_are_opaque_to_it(path: Path) -> None:
    code = header_of(path).code
    assert "cjson" not in code
    assert not [status for status in STATUSES if re.search(rf"['\"]{status}['\"]", code)]


@pytest.mark.parametrize("fresh", [False, True])
def test_commits_key_counts_are_those_of_its_sets(fresh) -> None:
    command = c.Commit("t", "x", b"{}", HERE, THERE, 1, 2, fresh=fresh)
    ((_, _, key_count, *rest),) = TABLE[type(command)].requests(command, Keys())
    names, args = rest[:key_count], rest[key_count:]
    leaves, enters = args[8], args[9]
    assert key_count == 7 + leaves + enters
    left, entered = names[7 : 7 + leaves], names[7 + leaves :]
    assert set(left) == {n for n in Keys().indexes(*HERE[:3]) if "created" in n}
    assert set(entered) >= {n for n in Keys().indexes(*THERE[:3]) if "running" in n}
    assert Keys().held("lease-1") in entered
    assert (Keys().index() in entered) == fresh
