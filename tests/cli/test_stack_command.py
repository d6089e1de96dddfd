"""The command `stack`, over a store, and what `show` has of it."""

from tests.cli.conftest import Run
from tests.records import Records


def test_a_stack_is_printed_with_celerys_frames_folded(run: Run, records: Records) -> None:
    records.start("runs")
    frame = {"file": "jobs.py", "line": 2, "function": "fetch", "code": "time.sleep(60)"}
    folded = {"file": "celery/app/trace.py", "line": 1, "function": "trace_task", "folded": True}
    records.renew()
    # Its process has answered as soon as it is asked.
    about = {"cause": "request", "same_s": 1.0, "time": "2100-01-01T00:00:00.000+00:00"}
    records.stack("runs", frame, folded, folded, **about)
    result = run("stack", "runs")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[1:] == [
        "    fetch (jobs.py:2)",
        "        time.sleep(60)",
        "      … 2 of Celery and its process",
    ]
    assert result.output.splitlines()[0].endswith("stack  on request, same line for 1 s")
    assert "fetch (jobs.py:2)" in run("show", "runs").output


def test_a_task_that_waits_has_no_stack(run: Run, records: Records) -> None:
    records.create("waits")
    result = run("stack", "waits")
    assert result.exit_code == 1
    assert "it waits" in result.output
