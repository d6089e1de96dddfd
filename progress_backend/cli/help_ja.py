"""The commands' help in Japanese, by the English text that stands with each command and option."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_IN_PLACE_OF_IDS: Final = (
    "ID の代わりに、対象を選ぶオプション（--status・--type と以下のもの）を指定できます。"
)
_THIS_REMARK: Final = "この注意のあるタスクだけ。併用できるフィルターは --owner だけです。"

#: What click itself says.
CLICK: Final[Mapping[str, str]] = {
    "Options": "オプション",
    "Commands": "コマンド",
    "Show this message and exit.": "このヘルプを表示します。",
    "Show the version and exit.": "バージョンを表示します。",
    "default": "既定",
    "env var": "環境変数",
    "required": "必須",
}

#: A paragraph or an option's help -> the same in Japanese.
TEXTS: Final[Mapping[str, str]] = {
    **CLICK,
    # progress-backend, celery progress
    "Live, truthful progress of Celery tasks.": (
        "Celery タスクの進捗を、実際の状態のまま表示します。"
    ),
    "The store is PROGRESS_REDIS_URL, else the Redis that a Celery app (-A) uses.": (
        "ストアは PROGRESS_REDIS_URL です。なければ Celery アプリ（-A）の Redis を使います。"
    ),
    "Look at, watch and steer the app's tasks by their progress records.": (
        "アプリのタスクを、進捗の記録によって確認・監視・操作します。"
    ),
    "Celery app whose configuration names the store, as celery's own -A.": (
        "ストアの設定を持つ Celery アプリ。celery の -A と同じです。"
    ),
    # tasks
    "List tasks, newest first.": "タスクを新しい順に一覧します。",
    "In a terminal the rows are cut to its width, and ids are as short as they are unique here: "
    "other commands take them so. Below them stand how many tasks there are of each status, "
    "whatever the filters, and which store was read.": (
        "ターミナルでは各行を幅に合わせて切り、ID はここで一意になる長さに縮めます。ほかのコマン"
        "ドはその ID を受け付けます。一覧の下には、フィルターに関係なくステータスごとの件数と、読"
        "み取ったストアを表示します。"
    ),
    "Only tasks with this status.": "このステータスのタスクだけ。",
    "Only tasks of this type, e.g. fetch_data.": "このタイプのタスクだけ。例：fetch_data",
    "Only tasks of this symbol, e.g. 7203.T.": "この symbol のタスクだけ。例：7203.T",
    "Only what nothing else started: tasks of no workflow, and workflows, a row each.": (
        "ほかから始められていないものだけ：ワークフローに属さないタスクと、1 行ずつのワークフロー。"
    ),
    "Only tasks with this remark; it goes with no other filter but --owner.": _THIS_REMARK,
    "Only tasks of this owner. With another filter than --status ten tasks a row are looked at, "
    "and --cursor goes on.": (
        "この所有者のタスクだけ。--status 以外のフィルターと併用すると、1 行あたり 10 件まで調べ、"
        "続きは --cursor で読みます。"
    ),
    "Go on where the list before has ended.": "前の一覧が終わったところから続けます。",
    "Only tasks whose ids begin so, in the order of their ids; with no filter but --owner or "
    "--type.": (
        "ID がこの文字列で始まるタスクだけを ID 順に。併用できるフィルターは --owner か --type で"
        "す。"
    ),
    "Only tasks created then or later, such as 2026-01-15T09:00:00+09:00.": (
        "この時刻以降に作成されたタスクだけ。例：2026-01-15T09:00:00+09:00"
    ),
    "Only tasks created before then.": "この時刻より前に作成されたタスクだけ。",
    "running: running tasks first; ended: by end, with --status completed, error or cancelled; "
    "longest: by start, with --status running.": (
        "running：実行中を先に。ended：終了順（--status completed・error・cancelled と併用）。"
        "longest：開始順（--status running と併用）。"
    ),
    "Tasks a page.": "1 ページのタスク数。",
    "Whole ids, names and dates, whatever the width.": (
        "幅に関係なく、ID・名前・日付を省略せずに表示します。"
    ),
    "Ask an API, such as http://127.0.0.1:8004, not the store.": (
        "ストアではなく API に問い合わせます。例：http://127.0.0.1:8004"
    ),
    "Token for the API of --url; the variable keeps it out of lists of processes.": (
        "--url の API のトークン。環境変数で渡すと、プロセスの一覧に現れません。"
    ),
    "Whole records, for programs.": "プログラム向けに、記録をそのまま出力します。",
    # watch
    "Watch tasks with live bars.": "タスクの進み具合を、動くバーで表示します。",
    "With TASK_IDs it ends when they all have ended, a cancelled one when its worker has confirmed "
    "that; with --workflow it shows the workflow and its members, and ends with the last of these. "
    "The exit code is 0 if all were completed, else 1, and 130 after Ctrl-C. Without either it "
    "shows the newest tasks, until Ctrl-C: those that pass the filters, or without filters a "
    "workflow as one row, whose tasks Enter shows. When the output is no terminal it prints a line "
    "a change. In a terminal keys select a row, show its log, pause, resume and cancel it: ? tells "
    "which; q leaves as Ctrl-C does. A store that does not answer for a minute ends it with 1, and "
    "so does a task that has had no record for as long.": (
        "TASK_ID を指定すると、すべてが終わった時点で終了します（キャンセルされたタスクは、ワーカ"
        "ーが確認した時点）。--workflow ではワークフローとそのタスクを表示し、最後のタスクととも"
        "に終了します。終了コードは、すべて完了なら 0、それ以外は 1、Ctrl-C の後は 130 です。どち"
        "らも指定しなければ、新しいタスクを Ctrl-C まで表示します。フィルターがあればそれに合うタ"
        "スク、なければワークフローは 1 行で、Enter でそのタスクを開きます。出力先がターミナルで"
        "なければ、変化ごとに 1 行を出力します。ターミナルでは、キーで行の選択、ログの表示、一時"
        "停止、再開、キャンセルができます（? でキーの一覧、q は Ctrl-C と同じ）。ストアが 1 分間"
        "応答しないとき、またはタスクの記録が 1 分間見つからないときは、1 で終了します。"
    ),
    "A workflow: the id of the result that apply_async of the canvas returned.": (
        "ワークフロー。キャンバスの apply_async が返した結果の ID です。"
    ),
    "Tasks shown at most.": "表示するタスクの最大数。",
    "Seconds between two looks.": "確認の間隔（秒）。",
    "A line a change instead of live bars.": "動くバーの代わりに、変化ごとに 1 行を出力します。",
    "Where the pages are that the key o opens; --url unless given.": (
        "o キーで開くページの場所。省略すると --url です。"
    ),
    # show, logs
    "Show one task, or one workflow, in full.": (
        "タスクまたはワークフローを一つ、詳しく表示します。"
    ),
    "The whole record, for programs.": "プログラム向けに、記録をそのまま出力します。",
    "Print a task's log: what its job has written by progress.log().": (
        "タスクのログ（ジョブが progress.log() で書いた行）を出力します。"
    ),
    "With -f it goes on until the task has ended.": "-f を付けると、タスクが終わるまで続けます。",
    "Go on to the task's end.": "タスクが終わるまで続けます。",
    "So many of the newest lines.": "新しい方から、この行数だけ。",
    "A JSON object a line, for programs.": "プログラム向けに、1 行に一つの JSON を出力します。",
    # workflows, workers
    "List workflows, newest first.": "ワークフローを新しい順に一覧します。",
    "Each chain, group or chord of tracked tasks is one. `show --workflow ID` and `watch "
    "--workflow ID` take their ids as short as they are here.": (
        "追跡しているタスクの chain・group・chord が、それぞれ一つのワークフローです。`show "
        "--workflow ID` と `watch --workflow ID` は、ここに表示された長さの ID を受け付けます。"
    ),
    "Workflows a page.": "1 ページのワークフロー数。",
    "Whole ids and names, whatever the width.": ("幅に関係なく、ID と名前を省略せずに表示します。"),
    "Whole rows, for programs.": "プログラム向けに、行をそのまま出力します。",
    "List the workers that track tasks: the last sign of each, and what it runs.": (
        "タスクを追跡するワーカーを一覧します。それぞれの最後の応答と、実行中のタスクを表示します。"
    ),
    "One that has shut down, or was found dead, is listed until it holds no task.": (
        "終了したワーカーや、停止が判明したワーカーは、保持するタスクがなくなるまで一覧に残ります。"
    ),
    "All tasks that are known, whatever the width.": (
        "幅に関係なく、わかっているタスクをすべて表示します。"
    ),
    "All that is known, for programs.": "プログラム向けに、わかっていることをすべて出力します。",
    # cancel, pause, resume
    "Cancel tasks, or all members of a workflow.": (
        "タスク、またはワークフロー全体をキャンセルします。"
    ),
    "A waiting task never begins; a running one ends at its next update. In place of ids there may "
    "be options that tasks have to pass: --status, --type and those below.": (
        f"待機中のタスクは開始されず、実行中のタスクは次の更新で終わります。{_IN_PLACE_OF_IDS}"
    ),
    "Let tasks wait, or all members of a workflow.": (
        "タスク、またはワークフロー全体を一時停止します。"
    ),
    "A waiting task does not begin, and a running one stops at its next update, until it is "
    "resumed or cancelled. In place of ids there may be options that tasks have to pass: --status, "
    "--type and those below.": (
        "再開またはキャンセルされるまで、待機中のタスクは開始されず、実行中のタスクは次の更新で"
        f"止まります。{_IN_PLACE_OF_IDS}"
    ),
    "Let paused tasks go on, or all members of a workflow.": (
        "一時停止中のタスク、またはワークフロー全体を再開します。"
    ),
    "In place of ids there may be options that tasks have to pass: --type, --symbol and those "
    "below.": (
        "ID の代わりに、対象を選ぶオプション（--type・--symbol と以下のもの）を指定できます。"
    ),
    "Only tasks of this owner.": "この所有者のタスクだけ。",
    "Only tasks with this remark; with no other filter but --owner.": _THIS_REMARK,
    "Only tasks whose ids begin so; with no filter but --owner or --type.": (
        "ID がこの文字列で始まるタスクだけ。併用できるフィルターは --owner か --type です。"
    ),
    "With a filter: so many tasks at most.": "フィルターを使うとき：対象の最大数。",
    "With a filter: do it without a question.": "フィルターを使うとき：確認なしで実行します。",
    "Why; kept in the record, where readers see it.": "理由。記録に残り、見る人に表示されます。",
    # serve, sign
    "Serve the API, the live page and metrics.": "API、ライブページ、メトリクスを提供します。",
    "On another address than loopback it asks for tokens (PROGRESS_TOKENS, PROGRESS_TOKENS_FILE). "
    "With -A the settings come from that Celery app too, and a cancel may terminate a running "
    "task.": (
        "ループバック以外のアドレスでは、トークン（PROGRESS_TOKENS、PROGRESS_TOKENS_FILE）が必要"
        "です。-A を付けると、その Celery アプリの設定も使い、キャンセルで実行中のタスクを強制終"
        "了できます。"
    ),
    "Address to listen on.": "待ち受けるアドレス。",
    "Proxies whose X-Forwarded-* headers count: addresses and networks, commas between them.": (
        "X-Forwarded-* ヘッダーを信頼するプロキシ。アドレスまたはネットワークをコンマで区切ります。"
    ),
    "Listen where others reach it although no tokens are configured.": (
        "トークンを設定していなくても、外部から接続できるアドレスで待ち受けます。"
    ),
    "Sign a share token, with which a browser may read what is named and nothing else.": (
        "共有トークンに署名します。ブラウザは、指定されたものだけを読めます。"
    ),
    "PROGRESS_SIGNING_KEYS has the keys; the first signs.": (
        "鍵は PROGRESS_SIGNING_KEYS にあり、先頭の鍵で署名します。"
    ),
    "The task that may be read.": "読めるタスク。",
    "The workflow that may be read.": "読めるワークフロー。",
    "The type of the tasks that may be read.": "読めるタスクのタイプ。",
    "The owner of the tasks that may be read.": "読めるタスクの所有者。",
    "Seconds until the token expires.": "トークンの有効期間（秒）。",
    # token
    "Make, list and revoke the API's bearer tokens.": (
        "API の Bearer トークンの作成・一覧・失効を行います。"
    ),
    "They stand by their hashes in the file that PROGRESS_TOKENS_FILE names, which the API reads "
    "again within a second when it changes.": (
        "トークンはハッシュの形で PROGRESS_TOKENS_FILE のファイルに保存されます。変更は 1 秒以内に "
        "API に反映されます。"
    ),
    "Make a token, and print it this once.": "トークンを作り、この一度だけ表示します。",
    "Its line, which has the hash alone, is added to the file of tokens; without a file it is "
    "printed, for PROGRESS_TOKENS.": (
        "ハッシュだけの行をトークンのファイルに追加します。ファイルがなければ、PROGRESS_TOKENS 用に"
        "出力します。"
    ),
    "write: may create, change and cancel too.": "write：作成・変更・キャンセルもできます。",
    "Only the tasks of this owner, e.g. alice@example.com.": (
        "この所有者のタスクだけ。例：alice@example.com"
    ),
    "File of tokens, in place of PROGRESS_TOKENS_FILE.": (
        "トークンのファイル。PROGRESS_TOKENS_FILE の代わりです。"
    ),
    "List the tokens by name, role, owner and task type.": (
        "トークンの名前・ロール・所有者・タスクのタイプを一覧します。"
    ),
    "Take a token out of the file; its open sockets and streams end.": (
        "トークンをファイルから取り除きます。開いているソケットとストリームは終了します。"
    ),
    # webhook
    "Send ends and remarks to webhooks, and see what became of them.": (
        "終了と注意を Webhook に送り、その結果を確認します。"
    ),
    "PROGRESS_WEBHOOKS or PROGRESS_WEBHOOKS_FILE has the targets.": (
        "送信先は PROGRESS_WEBHOOKS または PROGRESS_WEBHOOKS_FILE にあります。"
    ),
    "List the targets: what each asks for, and its events.": (
        "送信先を一覧します。それぞれが求めるものと、そのイベントを表示します。"
    ),
    "Send a test event to a target now, and print what it answers.": (
        "テスト用のイベントを送信先に今すぐ送り、応答を表示します。"
    ),
    "List the last 100 attempts to send events to a target, the newest first.": (
        "送信先への最近の送信 100 件を、新しい順に一覧します。"
    ),
    "Send an event of the last attempts again, under the same id.": (
        "最近の送信にあるイベントを、同じ ID でもう一度送ります。"
    ),
    "Switch a target on again; the events that wait are sent.": (
        "送信先を再び有効にします。待っているイベントが送られます。"
    ),
    "Switch a target off; its events wait.": "送信先を無効にします。イベントはその間待ちます。",
    "Make a secret for a target, and print it.": "送信先用のシークレットを作り、表示します。",
    "Send events until SIGTERM or Ctrl-C. Any number of such processes may run.": (
        "SIGTERM または Ctrl-C まで、イベントを送り続けます。いくつのプロセスでも同時に動かせます。"
    ),
}
