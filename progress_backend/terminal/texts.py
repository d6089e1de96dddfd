"""Labels and sentences of the terminal, in each language."""

from __future__ import annotations

from typing import Final, NamedTuple


class Text(NamedTuple):
    """One text in each language."""

    en: str
    ja: str


TEXTS: Final = {
    "mark": Text("", ""),
    "status": Text("Status", "状態"),
    "name": Text("Task", "タスク"),
    "progress": Text("Progress", "進捗"),
    "percent": Text("%", "%"),
    "rate": Text("Rate", "速度"),
    "rate_of": Text("{number}/s", "{number} 件/秒"),
    "elapsed": Text("Elapsed", "経過"),
    "eta": Text("ETA", "残り"),
    "message": Text("Message", "メッセージ"),
    "id": Text("ID", "ID"),
    "age": Text("Age", "作成"),
    "type": Text("Type", "種別"),
    "symbol": Text("Symbol", "銘柄"),
    "owner": Text("Owner", "所有者"),
    "created_at": Text("Created", "作成日時"),
    "error": Text("Error", "エラー"),
    "asked": Text("Asked for", "依頼"),
    "started_at": Text("Started", "開始"),
    "updated_at": Text("Updated", "更新"),
    "ended_at": Text("Ended", "終了"),
    "worker": Text("Worker", "ワーカー"),
    "attempt": Text("Attempt", "実行"),
    "attempt_of": Text("{attempt} (retries {retries})", "{attempt} 回目（再試行 {retries}）"),
    "results": Text("Results", "結果"),
    "details": Text("Details", "詳細"),
    "metadata": Text("Metadata", "メタデータ"),
    "comma": Text(", ", "、"),
    "warnings": Text("Warnings", "警告"),
    "warned": Text(" ({names})", "（{names}）"),
    "ended_of": Text("Ended", "終了/全"),
    "workflow": Text("Workflow", "ワークフロー"),
    "called": Text("Name", "名前"),
    "of_tasks": Text("{text} ({counts})", "{text}（{counts}）"),
    "members": Text("Tasks", "タスク"),
    "failures": Text("Failures", "失敗"),
    "last_sign": Text("Last sign", "最終応答"),
    "holds": Text("Runs", "実行中"),
    "live": Text("live", "稼働中"),
    "gone": Text("no sign", "応答なし"),
    "shut_down": Text("shut down", "停止"),
    "no_workers": Text("No workers that track tasks.", "進捗を記録するワーカーはありません。"),
    "workers_of": Text("workers: {total}", "ワーカー {total} 件"),
    "workers_shown": Text(
        "workers: {total}, shown: {shown}", "ワーカー {total} 件、うち {shown} 件を表示"
    ),
    "no_workflows": Text(
        "No workflows yet: each chain, group or chord of tracked tasks is one.",
        "ワークフローはまだありません。chain・group・chord の呼び出しが 1 つです。",
    ),
    "may_go_on": Text("there may be more", "続きがあります"),
    "no_more": Text("no more", "続きなし"),
    "prefix": Text(", prefix '{prefix}'", "、接頭辞 '{prefix}'"),
    "ago_s": Text("{n} s", "{n} 秒前"),
    "ago_min": Text("{n} min", "{n} 分前"),
    "ago_h": Text("{n} h", "{n} 時間前"),
    "ago_d": Text("{n} d", "{n} 日前"),
    "start": Text("Starts", "開始予定"),
    "in": Text("in {span}", "あと {span}"),
    "before": Text("about {count} before it", "{count} 件待ち"),
    "next": Text("next to start", "次に開始"),
    "empty": Text("No tasks yet…", "タスクはまだありません…"),
    "no_match": Text("No task matches", "該当するタスクはありません"),
    "more": Text("{count} more", "ほか {count} 件"),
    "no_record": Text(
        "There is no record of {ids} any more; this is how it was read last",
        "{ids} の記録はもうありません。最後に読んだ状態です",
    ),
    "to_confirm": Text("{count} to confirm the cancel", "{count} 件のワーカーの確認待ち"),
    "keys": Text(
        "↑↓ select · / search · f status · s sort · p pause · r resume · c cancel · l log · o open"
        " · ? help · q quit",
        "↑↓ 選択 · / 検索 · f 状態 · s 並べ替え · p 一時停止 · r 再開 · c 取消 · l ログ · o 開く"
        " · ? 説明 · q 終了",
    ),
    "keys_some": Text(
        "↑↓ select · / search · p pause · r resume · c cancel · ? help · q quit",
        "↑↓ 選択 · / 検索 · p 一時停止 · r 再開 · c 取消 · ? 説明 · q 終了",
    ),
    "keys_search": Text("Enter keeps the search · Esc ends it", "Enter で確定 · Esc で解除"),
    "keys_all": Text("Esc shows all", "Esc ですべて表示"),
    "keys_short": Text("? help · q quit", "? 説明 · q 終了"),
    "keys_in": Text("Enter its tasks", "Enter タスク表示"),
    "keys_out": Text("← back", "← 一覧へ"),
    "key_into": Text(
        "Enter shows a workflow's tasks, failures first; ← or Esc goes back",
        "Enter ワークフローのタスクを表示します（失敗が先頭）。← か Esc で戻ります",
    ),
    "key_select": Text(
        "↑ ↓   selects a row; k and j do too", "↑ ↓   行を選びます（k と j も同じ）"
    ),
    "key_page": Text(
        "PgUp  and PgDn move by ten rows, Home and End to the first and the last one",
        "PgUp  と PgDn で 10 行ずつ、Home と End で先頭と末尾に移ります",
    ),
    "key_search": Text(
        "/     shows only rows with a text: id, task, owner, status or message",
        "/     入力した文字を含む行だけを表示します（ID・タスク・状態・メッセージ）",
    ),
    "key_filter": Text(
        "f     shows only tasks of one status, the next one with each press",
        "f     1 つの状態のタスクだけを表示します（押すたびに次の状態）",
    ),
    "key_sort": Text(
        "s     sorts by task, status, progress, or creation again",
        "s     タスク・状態・進捗・作成順の順に並べ替えます",
    ),
    "key_pause": Text(
        "p     pauses the selected task; one that runs waits at its next update",
        "p     選んだタスクを一時停止します。実行中なら次の更新で止まります",
    ),
    "key_resume": Text("r     lets a paused task go on", "r     一時停止を解きます"),
    "key_cancel": Text("c     cancels it, once y is pressed", "c     キャンセルします（y で確認）"),
    "key_log": Text("l     shows or hides its log", "l     ログを表示・非表示にします"),
    "key_open": Text("o     opens its page in a browser", "o     ページをブラウザーで開きます"),
    "key_quit": Text("q     leaves; the tasks go on", "q     終わります。タスクは続きます"),
    "key_help": Text(
        "?     shows or hides these lines; Esc too",
        "?     この説明を表示・非表示にします（Esc でも閉じます）",
    ),
    "sure": Text("Cancel {name}? y/n", "{name} をキャンセルしますか。 y/n"),
    "sure_workflow": Text(
        "Cancel all tasks of {name}? y/n", "{name} の全タスクをキャンセルしますか。 y/n"
    ),
    "asks": Text("{name}: asking…", "{name}：依頼しています…"),
    "not_asked": Text(
        "nothing was asked for: there is no answer", "応答がないため、依頼していません"
    ),
    "opened": Text("opens {address}", "{address} を開きます"),
    "no_page": Text(
        "no address is known: --page-url http://HOST:8004 opens {path} there",
        "ページのアドレスが未指定です（--page-url http://HOST:8004）。パス：{path}",
    ),
    "log_of": Text("Log of {name}", "ログ：{name}"),
    "longer": Text("longer", "超過"),
    "varies": Text("varies", "不明"),
    "span_s": Text("{span}s", "{span}秒"),
    "span_min": Text("{span}m", "{span}分"),
    "span_h": Text("{span}h", "{span}h"),
    "span_d": Text("{span}d", "{span}日"),
    "page": Text(
        "page {page} of {pages}, {what}: {total}", "{page}/{pages} ページ、{what} {total} 件"
    ),
    "tasks": Text("tasks", "タスク"),
    "top": Text("tasks and workflows", "タスクとワークフロー"),
    "workflows": Text("workflows", "ワークフロー"),
    "of_all": Text("{page}; all tasks: {counts}", "{page}；全タスク：{counts}"),
    "asked_of": Text("{name}: {action} asked", "{name}：{action}を依頼しました"),
    "refused": Text("{name}: {action} refused: {why}", "{name}：{action}できません（{why}）"),
    "pause": Text("pause", "一時停止"),
    "resume": Text("resume", "再開"),
    "cancel": Text("cancel", "キャンセル"),
    "pause_waits": Text("pause asked", "停止依頼中"),
    "cancel_waits": Text("cancel asked", "取消依頼中"),
    "log_on": Text("shows its log, once it has a line", "ログを表示します（書き込まれると）"),
    "away": Text(
        "The store does not answer; this is how things stood at {time}. Still trying…",
        "ストアに接続できません。{time} 時点の表示です。再接続を続けています…",
    ),
    "never": Text(
        "The store does not answer. Still trying…",
        "ストアに接続できません。再接続を続けています…",
    ),
    "entries_gone": Text("… {count} older entries are gone", "… 古い {count} 件は残っていません"),
    "attempt_number": Text("attempt {attempt}", "{attempt} 回目"),
    "is_created": Text("created", "待機中"),
    "is_running": Text("running", "実行中"),
    "is_paused": Text("paused", "一時停止中"),
    "is_completed": Text("completed", "完了"),
    "is_error": Text("error", "エラー"),
    "is_cancelled": Text("cancelled", "キャンセル済み"),
    "is_planned": Text("not sent yet", "送信前"),
    "is_stalled": Text("stalled", "更新なし"),
    "is_late": Text("late", "遅れ"),
    "event_created": Text("created", "作成"),
    "event_started": Text("started", "開始"),
    "event_ended": Text("ended", "終了"),
    "event_phase": Text("phase", "フェーズ"),
    "event_retried": Text("retry", "再試行"),
    "event_requeued": Text("back in the queue", "キューに戻りました"),
    "event_redelivered": Text("delivered again", "再配信"),
    "event_returned": Text("the run is back", "復帰"),
    "event_pause": Text("asked to pause", "一時停止の依頼"),
    "event_cancel": Text("asked to cancel", "キャンセルの依頼"),
    "event_end": Text("asked to end", "強制終了の依頼"),
    "event_acknowledged": Text("carried out", "依頼を実施"),
    "event_resumed": Text("resumed", "再開"),
    "event_stalled": Text("stalled", "更新なし"),
    "event_late": Text("late", "遅れ"),
}
