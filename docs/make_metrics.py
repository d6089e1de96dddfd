"""The table of the figures for Prometheus, from progress_backend/web/metrics.py."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, Final

from prometheus_client import Metric

from progress_backend.flows.commands import DROPPED, Outbox
from progress_backend.record.model import KINDS, STATUSES
from progress_backend.record.times_taken import RUN, WAIT, Histogram
from progress_backend.web.metrics import Figures
from progress_backend.web.request_counts import Measured

from .tables import markdown, translated

_HEAD: Final = {"en": ("Figure", "Kind", "What it is"), "ja": ("値", "種類", "内容")}
_JA: Final = {
    "Whether the store answers.": "ストアが応答するかどうかです。",
    "Whether Redis's maxmemory-policy deletes records when its memory is full.": (
        "メモリが満杯のとき、Redis の maxmemory-policy が記録を削除するかどうかです。"
    ),
    "Records in the store.": "ストアにある記録の数です。",
    "Open tasks with a remark.": "注意（`remarks`）の付いた未終了のタスクの数です。",
    "Runs that any worker, beat or API process found lost, as counted in the store.": (
        "ワーカー・beat・API のどれかのプロセスが失われたと判断した実行の数です。ストアで数えます。"
    ),
    "Events that workers and publishers had no room for while the store did not answer, as counted "
    "in the store.": (
        "ストアが応答しない間に、ワーカーと送信側のプロセスが入り切らずに捨てたイベントの数です。ストアで数えます。"
    ),
    "How long tasks waited for their first start.": ("タスクが最初に開始するまで待った時間です。"),
    "How long successful runs took, from the start of the run.": (
        "成功した実行が、開始から終了までにかかった時間です。"
    ),
    "Events that wait to be sent.": "送られるのを待っている Webhook のイベントの数です。",
    "Events that were delivered, given up or dropped, as counted in the store.": (
        "届いた・諦めた・捨てた Webhook のイベントの数です。ストアで数えます。"
    ),
    "Whether updates are received from Redis.": "Redis から更新を受信しているかどうかです。",
    "Tasks and workflows watched one by one.": (
        "1 件ずつ監視されているタスクとワークフローの数です。"
    ),
    "Open sockets and event streams.": "開いているソケットとイベントストリームの数です。",
    "States that were sent to clients, the first included.": (
        "クライアントに送った状態の数です。最初の状態も含みます。"
    ),
    "Updates that a newer one replaced before they were sent.": (
        "送る前に新しいものに置き換えられた更新の数です。"
    ),
    "Requests and sockets that were refused, by what they lacked or the limit that they were "
    "above.": "拒否したリクエストとソケットの数です。足りないもの、または超えた上限で分けます。",
    "Requests that were answered.": "応答したリクエストの数です。",
    "Time until an answer began.": "応答を始めるまでの時間です。",
}
#: How a kind of figure ends its name in what is asked for.
_ENDS: Final = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}


def metrics() -> Iterator[Metric]:
    """All figures of a process that has answered one request, over a store with each status."""
    measured = Measured()
    measured.request("GET", "/internal/tasks", 200, 0.001)
    counts = SimpleNamespace(delivered=0, dropped=0)
    api: Any = SimpleNamespace(
        hub=SimpleNamespace(counts=counts, listeners=lambda: 0),
        feed=SimpleNamespace(listeners=lambda: 0),
        listener=SimpleNamespace(connected=True, watched=0),
        measured=measured,
    )
    times = dict.fromkeys(((kind, "fetch_data") for kind in (WAIT, RUN)), Histogram())
    counts_of_all = dict.fromkeys(STATUSES, 0), dict.fromkeys(KINDS, 0)
    dropped, outboxes = dict.fromkeys(DROPPED, 0), {"ops": Outbox()}
    yield from Figures(api, *counts_of_all, 0, dropped, times, outboxes, evicts=False).collect()


def names() -> dict[str, set[str]]:
    """The name of each series, and the labels that it has."""
    return {
        metric.name + end: {label for sample in metric.samples for label in sample.labels}
        for metric in metrics()
        for end in _ENDS.get(metric.type, ("",))
    }


def table(lang: str) -> str:
    """One row a figure of ours; those of the process are as Prometheus's own client names them."""
    rows = []
    for metric in metrics():
        if not metric.name.startswith("progress_"):
            continue
        name = metric.name + ("_total" if metric.type == "counter" else "")
        labels = sorted({label for sample in metric.samples for label in sample.labels} - {"le"})
        shown = f"`{name}{{{', '.join(labels)}}}`" if labels else f"`{name}`"
        said = metric.documentation
        rows.append((shown, metric.type, translated(_JA, said) if lang == "ja" else said))
    return markdown(_HEAD[lang], rows)
