"""Texts of a task's values for people: short, of bounded width, "–" when unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from unicodedata import combining, east_asian_width

from ..record.default_texts import Locale, translated
from ..record.model import STATUSES, Task, TaskStatus
from ..record.redelivery import final

UNKNOWN: Final = "–"
#: Characters of an id that are shown where they are unique.
_SHORT_ID: Final = 8

_STATUS: Final[dict[Locale, tuple[str, ...]]] = {
    "ja": ("待機中", "実行中", "一時停止中", "完了", "エラー", "キャンセル済み"),
    "en": STATUSES,
}
#: Texts while the run has not carried out the request yet.
_ASKED: Final[dict[Locale, dict[str, str]]] = {
    "ja": {"pause": "停止依頼中", "cancel": "取消依頼中"},
    "en": {"pause": "pause asked", "cancel": "cancel asked"},
}
_REMARKS: Final[dict[Locale, dict[str, str]]] = {
    "ja": {"stalled": "更新なし", "late": "遅れ", "waiting": "長い待ち"},
    "en": {"stalled": "stalled", "late": "late", "waiting": "long wait"},
}
_TEXTS: Final[dict[Locale, dict[str, str]]] = {
    "ja": {
        "status": "状態",
        "name": "タスク",
        "progress": "進捗",
        "percent": "%",
        "rate": "速度",
        "elapsed": "経過",
        "eta": "残り",
        "message": "メッセージ",
        "id": "ID",
        "age": "作成",
        "type": "種別",
        "symbol": "銘柄",
        "owner": "所有者",
        "created_at": "作成日時",
        "task": "タスク",
        "remaining": "残り",
        "error": "エラー",
        "asked": "依頼",
        "asked_by": "{action}（{by}）",
        "started_at": "開始",
        "updated_at": "更新",
        "ended_at": "終了",
        "worker": "ワーカー",
        "attempt": "実行",
        "attempt_of": "{attempt} 回目（再試行 {retries}）",
        "results": "結果",
        "details": "詳細",
        "metadata": "メタデータ",
        "comma": "、",
        "remarks": "注意",
        "remarked": "（{names}）",
        "remarked_since": "{name}（{since} から）",
        "ended_of": "終了/全",
        "workflow": "ワークフロー",
        "called": "名前",
        "of_tasks": "{said}（{counts}）",
        "members": "タスク",
        "planned": "送信前 {count}",
        "failures": "失敗",
        "last_sign": "最終応答",
        "holds": "実行中",
        "live": "稼働中",
        "gone": "応答なし",
        "shut_down": "停止",
        "no_workers": "進捗を記録するワーカーはありません。",
        "workers_of": "ワーカー {total} 件",
        "workers_shown": "ワーカー {total} 件、うち {shown} 件を表示",
        "no_workflows": "ワークフローはまだありません。chain・group・chord の呼び出しが 1 つです。",
        "page_of_workflows": "{page}/{pages} ページ、ワークフロー {total} 件",
        "page": "{page}/{pages} ページ、{total} 件",
        "looked_at": "続き：--cursor {cursor}",
        "looked_at_all": "続きなし",
        "page_of_all": "{page}/{pages} ページ、{total} 件；全体：{counts}",
        "page_of_top": "{page}/{pages} ページ、タスクとワークフロー {total} 件；全タスク：{counts}",
        "prefix": "、接頭辞 '{prefix}'",
        "ago_s": "{n} 秒前",
        "ago_min": "{n} 分前",
        "ago_h": "{n} 時間前",
        "ago_d": "{n} 日前",
        "start": "開始予定",
        "in": "あと {span}",
        "before": "{count} 件待ち",
        "next": "次に開始",
        "longer": "いつもより長い",
        "longer_short": "超過",
        "varies": "予測できません",
        "varies_short": "不明",
        "span_s": "{span} 秒",
        "span_s_short": "{span}秒",
        "span_min": "{span} 分",
        "span_min_short": "{span}分",
        "span_h": "{span} 時間",
        "span_h_short": "{span}h",
        "span_d": "{span} 日",
        "span_d_short": "{span}日",
        "empty": "タスクはまだありません…",
        "more": "ほか {count} 件",
        "away": "ストアに接続できません。{time} 時点の表示です。再接続を続けています…",
        "never": "ストアに接続できません。再接続を続けています…",
        "mark": "",
        "keys": "↑↓ 選択 · p 一時停止 · r 再開 · c 取消 · l ログ · o 開く · ? 説明 · q 終了",
        "keys_short": "? 説明 · q 終了",
        "key_select": "↑ ↓   行を選びます（k と j も同じ）",
        "key_pause": "p     選んだタスクを一時停止します。実行中なら次の更新で止まります",
        "key_resume": "r     一時停止を解きます",
        "key_cancel": "c     キャンセルします（y で確認）",
        "key_log": "l     ログを表示・非表示にします",
        "key_open": "o     ページをブラウザーで開きます",
        "key_quit": "q     終わります。タスクは続きます",
        "key_help": "?     この説明を表示・非表示にします",
        "sure": "{name} をキャンセルしますか。 y/n",
        "sure_workflow": "{name} の全タスクをキャンセルしますか。 y/n",
        "pause_asked": "{name}：停止を依頼しました。ワーカーを待っています",
        "cancel_asked": "{name}：取消を依頼しました。ワーカーを待っています",
        "is_now": "{name}：{status}",
        "pause_refused": "{name} は一時停止できません（{status}）",
        "resume_refused": "{name} は再開できません（{status}）",
        "cancel_refused": "{name} はキャンセルできません（{status}）",
        "pause_asked_of_all": "{name}：全タスクに停止を依頼しました",
        "resume_asked_of_all": "{name}：全タスクに再開を依頼しました",
        "cancel_asked_of_all": "{name}：全タスクに取消を依頼しました",
        "asked_before": "{name}：依頼済みです",
        "opened": "{address} を開きました",
        "no_page": "API のアドレスが分かりません（--url）。ページのパス：{path}",
        "log_of": "ログ：{name}",
        "no_log": "まだ何も書かれていません",
        "log_of_workflow": "ワークフローにはログがありません。タスクを選んでください",
    },
    "en": {
        "status": "Status",
        "name": "Task",
        "progress": "Progress",
        "percent": "%",
        "rate": "Rate",
        "elapsed": "Elapsed",
        "eta": "ETA",
        "message": "Message",
        "id": "ID",
        "age": "Age",
        "type": "Type",
        "symbol": "Symbol",
        "owner": "Owner",
        "created_at": "Created",
        "task": "Task",
        "remaining": "Remaining",
        "error": "Error",
        "asked": "Asked for",
        "asked_by": "{action} by {by}",
        "started_at": "Started",
        "updated_at": "Updated",
        "ended_at": "Ended",
        "worker": "Worker",
        "attempt": "Attempt",
        "attempt_of": "{attempt} (retries {retries})",
        "results": "Results",
        "details": "Details",
        "metadata": "Metadata",
        "comma": ", ",
        "remarks": "Remarks",
        "remarked": " ({names})",
        "remarked_since": "{name} since {since}",
        "ended_of": "Ended",
        "workflow": "Workflow",
        "called": "Name",
        "of_tasks": "{said} ({counts})",
        "members": "Tasks",
        "planned": "not sent yet {count}",
        "failures": "Failures",
        "last_sign": "Last sign",
        "holds": "Runs",
        "live": "live",
        "gone": "no sign",
        "shut_down": "shut down",
        "no_workers": "No workers that track tasks.",
        "workers_of": "workers: {total}",
        "workers_shown": "workers: {total}, shown: {shown}",
        "no_workflows": "No workflows yet: each chain, group or chord of tracked tasks is one.",
        "page_of_workflows": "page {page} of {pages}, workflows: {total}",
        "page": "page {page} of {pages}, tasks: {total}",
        "looked_at": "there may be more: --cursor {cursor}",
        "looked_at_all": "no more",
        "page_of_all": "page {page} of {pages}, tasks: {total}; all: {counts}",
        "page_of_top": "page {page} of {pages}, tasks and workflows: {total}; all tasks: {counts}",
        "prefix": ", prefix '{prefix}'",
        "ago_s": "{n} s",
        "ago_min": "{n} min",
        "ago_h": "{n} h",
        "ago_d": "{n} d",
        "start": "Starts",
        "in": "in {span}",
        "before": "about {count} before it",
        "next": "next to start",
        "longer": "longer than usual",
        "longer_short": "longer",
        "varies": "varies too much to say",
        "varies_short": "varies",
        "span_s": "{span} s",
        "span_s_short": "{span}s",
        "span_min": "{span} min",
        "span_min_short": "{span}m",
        "span_h": "{span} h",
        "span_h_short": "{span}h",
        "span_d": "{span} d",
        "span_d_short": "{span}d",
        "empty": "No tasks yet…",
        "more": "{count} more",
        "away": "The store does not answer; this is how things stood at {time}. Still trying…",
        "never": "The store does not answer. Still trying…",
        "mark": "",
        "keys": "↑↓ select · p pause · r resume · c cancel · l log · o open · ? help · q quit",
        "keys_short": "? help · q quit",
        "key_select": "↑ ↓   selects a row; k and j do too",
        "key_pause": "p     pauses the selected task; one that runs waits at its next update",
        "key_resume": "r     lets a paused task go on",
        "key_cancel": "c     cancels it, once y is pressed",
        "key_log": "l     shows or hides its log",
        "key_open": "o     opens its page in a browser",
        "key_quit": "q     leaves; the tasks go on",
        "key_help": "?     shows or hides these lines",
        "sure": "Cancel {name}? y/n",
        "sure_workflow": "Cancel all tasks of {name}? y/n",
        "pause_asked": "{name}: pause asked; waits for the worker",
        "cancel_asked": "{name}: cancel asked; waits for the worker",
        "is_now": "{name}: {status}",
        "pause_refused": "{name} cannot be paused: it is {status}",
        "resume_refused": "{name} cannot be resumed: it is {status}",
        "cancel_refused": "{name} cannot be cancelled: it is {status}",
        "pause_asked_of_all": "{name}: pause asked of all its tasks",
        "resume_asked_of_all": "{name}: resume asked of all its tasks",
        "cancel_asked_of_all": "{name}: cancel asked of all its tasks",
        "asked_before": "{name}: that was asked before",
        "opened": "opened {address}",
        "no_page": "the API's address is not known (--url); the page there is {path}",
        "log_of": "Log of {name}",
        "no_log": "No line yet",
        "log_of_workflow": "A workflow has no log of its own: select one of its tasks",
    },
}


def locale_of(environ: Mapping[str, str]) -> Locale:
    """The language of a terminal: English for any but Japanese. One that names none (C, POSIX)
    leaves the library's default."""
    named = next((v for n in ("LC_ALL", "LC_MESSAGES", "LANG") if (v := environ.get(n))), "C")
    language = named.partition(".")[0].partition("_")[0].lower()
    return "ja" if language in ("ja", "japanese", "c", "posix") else "en"


def text(locale: Locale, key: str, **values: object) -> str:
    """A label, its blanks filled."""
    return _TEXTS[locale][key].format(**values)


def status(locale: Locale, word: str) -> str:
    """A status in the reader's language."""
    return dict(zip(STATUSES, _STATUS[locale], strict=True)).get(word, word)


def standing(locale: Locale, task: Task) -> str:
    """A task's state, and the remarks on it."""
    return state(locale, task) + remarks(locale, task)


def state(locale: Locale, task: Task) -> str:
    """A task's status; while its run has not carried out a pause or a cancel yet, that request."""
    return _ASKED[locale].get(task.asked or "") or status(locale, task.status)


def remarks(locale: Locale, task: Task) -> str:
    """The remarks on a task behind its state: " (late)"; "" without any."""
    if task.remarks is None:
        return ""
    names = (remark(locale, kind) for kind in task.remarks.kinds)
    return text(locale, "remarked", names=text(locale, "comma").join(names))


def remark(locale: Locale, kind: str) -> str:
    """A kind of remark in the reader's language."""
    return _REMARKS[locale][kind]


def status_cells(locale: Locale, tasks: Iterable[Task] = ()) -> int:
    """Terminal cells of the widest status, and of these tasks' own."""
    shown = (standing(locale, task) for task in tasks)
    return max(map(cells_of, (*_STATUS[locale], *shown)))


def percent(task: Task) -> str:
    """ "59.5%"; of an unknown total, how many there are: "150/?"."""
    progress = task.progress
    if progress.total is None and task.status != TaskStatus.COMPLETED:
        return f"{short(progress.current)}/?" if progress.current else UNKNOWN
    return f"{progress.percentage:g}%"


def short(number: float) -> str:
    """Four digits at most: 999, 12.3k, 1.2M."""
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if number >= size:
            scaled = number / (1e3 if letter == "k" else size)
            return f"{scaled:.0f}{letter}" if scaled >= 100 else f"{scaled:.1f}{letter}"
    return f"{number:.0f}" if number >= 10 or number == int(number) else f"{number:.1f}"


def rate(task: Task) -> str:
    """ "12/s"; slow ones by the minute or hour."""
    if task.rate is None or task.status == TaskStatus.CREATED:
        return UNKNOWN
    for seconds, unit in ((1, "s"), (60, "min"), (3600, "h")):
        if task.rate * seconds >= 1:
            return f"{short(task.rate * seconds)}/{unit}"
    return "0/s" if task.rate == 0 else "<1/h"


def elapsed(task: Task, now: datetime) -> str:
    """The time from a task's start to its end, or to now."""
    if task.started_at is None:
        return UNKNOWN
    until = task.completed_at or max(now, task.updated_at or now)
    return duration((until - task.started_at).total_seconds())


def duration(seconds: float) -> str:
    """ "0:10", "1:02:03", "3d 04h"; never negative."""
    whole = max(int(seconds), 0)
    if whole >= 86_400:
        return f"{whole // 86_400}d {whole % 86_400 // 3600:02}h"
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def age(task: Task, now: datetime, locale: Locale) -> str:
    """How long ago a task was created: "12 s", "5 min", "3 h", "2 d"."""
    return ago(task.created_at, now, locale)


def ago(time: datetime | None, now: datetime, locale: Locale) -> str:
    """How long ago a time was: "12 s", "5 min", "3 h", "2 d"."""
    if time is None:
        return UNKNOWN
    seconds = max(int((now - time).total_seconds()), 0)
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return text(locale, f"ago_{unit}", n=seconds // size)
    return text(locale, "ago_s", n=seconds)


def name(task: Task) -> str:
    """A task's type and symbol."""
    return " ".join(filter(None, [clean(task.task_type), clean(task.symbol or "")]))


def short_ids(task_ids: Sequence[str]) -> list[str]:
    """Each id's first eight characters, or as many as make all of these ids different."""
    for length in range(_SHORT_ID, max(map(len, task_ids), default=0)):
        short = [task_id[:length] for task_id in task_ids]
        if len(set(short)) == len(set(task_ids)):
            return [clean(task_id) for task_id in short]
    return [clean(task_id) for task_id in task_ids]


def cut_on_the_left(text: str, cells: int) -> str:
    """The end of a text that takes more than so many cells, behind an ellipsis."""
    if cells_of(text) <= cells:
        return text
    while text and cells_of(text) > cells - 1:
        text = text[1:]
    return f"…{text}"


def cut_on_the_right(text: str, cells: int) -> str:
    """The beginning of a text that takes more than so many cells, before an ellipsis."""
    if cells_of(text) <= cells:
        return text
    while text and cells_of(text) > cells - 1:
        text = text[:-1]
    return f"{text}…"


def clean(message: str) -> str:
    """A message on one line, without the control characters that would move the cursor."""
    return " ".join("".join(c if c.isprintable() else " " for c in message).split())


def message_of(task: Task, locale: Locale, now: datetime | None) -> str:
    """A task's message; of an error its reason, and until when it may be taken back. Default texts
    are in `locale`, whatever the writer's."""
    if task.status == TaskStatus.ERROR and task.error_message:
        error = clean(translated(locale, task.error_message))
        if final(task, now):
            return error
        return f"{clean(translated(locale, task.message))} ({error})"
    reason = (task.control or {}).get("reason")
    message = clean(translated(locale, task.message))
    return f"{message} ({clean(str(reason))})".lstrip() if reason else message


def padded(text: str, cells: int) -> str:
    """A text filled up with spaces to so many cells; Japanese characters take two."""
    return text + " " * (cells - cells_of(text))


def cells_of(text: str) -> int:
    """Cells that a text takes in a terminal."""
    return sum(
        0 if combining(character) else 2 if east_asian_width(character) in "WF" else 1
        for character in text
    )
