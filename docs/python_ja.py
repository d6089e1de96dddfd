"""The first sentences of the public docstrings in Japanese, for the Japanese Python reference."""

from __future__ import annotations

from typing import Final

#: The sentence in the code -> Japanese. A sentence that changes needs its translation anew.
SENTENCES: Final = {
    "Whether the task's message has not left, or had not when the record ended.": (
        "メッセージがまだ送信されていないか、記録が終了した時点で未送信だったか。"
    ),
    "Whether the task waits for its message to be published, by the step before it.": (
        "前の処理がメッセージを送信するのを待っているか。"
    ),
    # progress_backend: tracking
    "Gives every tracked task of a Celery app its record, and returns the app.": (
        "Celery アプリの追跡対象の各タスクに記録を持たせ、アプリを返します。"
    ),
    "Marks a Celery task as tracked: it stands under `@app.task(bind=True)` or "
    "`@shared_task(bind=True)` and keeps the function's signature.": (
        "Celery のタスクを追跡対象にします。`@app.task(bind=True)` か `@shared_task(bind=True)` の"
        "下に書きます。関数のシグネチャは変わりません。"
    ),
    "Base class that marks a task as tracked: `@app.task(base=ProgressTask, bind=True)`.": (
        "タスクを追跡対象にする基底クラスです：`@app.task(base=ProgressTask, bind=True)`。"
    ),
    "Reports the progress of the running Celery task: its values are in the record, the result's "
    "PROGRESS meta and Flower.": (
        "実行中の Celery タスクの進捗を知らせます。値は記録・結果の PROGRESS メタ・Flower に"
        "入ります。"
    ),
    "Sets the newest values of the task's record.": "タスクの記録の最新の値を設定します。",
    "Counts more items as done, and sets the other newest values as `update` does.": (
        "処理済みの件数を加え、ほかの値を `update` と同じように設定します。"
    ),
    "Counts the items of a loop as done, each when the loop asks for the next one.": (
        "ループの項目を数えます。次の項目を求めたときに、前の項目が処理済みになります。"
    ),
    "Adds a line to the task's log, which `progress-backend logs` and "
    "`GET /internal/task/{task_id}/log` show while the task runs, and as long as its record is "
    "kept.": (
        "タスクのログに一行加えます。`progress-backend logs` と "
        "`GET /internal/task/{task_id}/log` で、実行中も、記録が残っているあいだも読めます。"
    ),
    "Writes log records into the log of the Celery task that runs; outside of a tracked task it "
    "does nothing.": (
        "ログレコードを、実行中の Celery タスクのログに書きます。追跡していないタスクの中では何も"
        "しません。"
    ),
    "Writes a record, formatted, with the nearest of the log's levels; never raises.": (
        "整形したレコードを、いちばん近いレベルで書きます。例外は起こしません。"
    ),
    "The value that earlier attempts of the task gave to `checkpoint()` last; None without one, "
    "and where the task's arguments have changed since.": (
        "以前の実行が最後に `checkpoint()` に渡した値。なければ None、タスクの引数が変わったときも "
        "None です。"
    ),
    "Sets the value from which the next attempt of the task is to go on: after a retry, a lost "
    "worker or a redelivery it finds the value as `resume`.": (
        "タスクの次の実行が続きを始めるための値を設定します。リトライ、ワーカーの喪失、再配信の後の"
        "実行は、その値を `resume` で受け取ります。"
    ),
    "Sets the results and the message that the record gets when the task returns; the record does "
    "not end before.": (
        "タスクが戻るときに記録に入る結果とメッセージを設定します。記録はそれまで終了しません。"
    ),
    "Sets the error text that the record gets when the task raises; a task that returns after that "
    "is completed.": (
        "タスクが例外を送出したときに記録に入るエラーの文を設定します。そのまま戻ったタスクは完了に"
        "なります。"
    ),
    "The task's record is cancelled: raised into the job at its next update, and at each later "
    "one.": (
        "タスクの記録がキャンセルされました。ジョブの次の更新で、その後の更新でも毎回送出されます。"
    ),
    "Signs a token with which a browser may read one task, one workflow with its tasks, or the "
    "tasks of one type or of one owner, and nothing else, until it expires.": (
        "ブラウザーが一つのタスク、一つのワークフローとそのタスク、または一つの種類か一人の所有者のタスクだけを、"
        "期限まで読み取れるトークンに署名します。"
    ),
    "Reads a Celery app's settings, again at each call: the arguments of `install` win over the "
    "environment, which wins over the app's configuration.": (
        "Celery アプリの設定を呼び出しのたびに読みます。`install` の引数は環境変数に、環境変数は"
        "アプリの設定に優先します。"
    ),
    "Reads a task's record from the store: the body that `GET /internal/task/{task_id}/status` "
    "has, as a dictionary; None if there is no such task.": (
        "タスクの記録をストアから読みます。`GET /internal/task/{task_id}/status` と同じ本文の"
        "辞書で、タスクがなければ None です。"
    ),
    "Reads the workflow of a canvas from the store: the body that `GET "
    "/internal/workflow/{workflow_id}/status` has, as a dictionary; None if there is no such "
    "workflow.": (
        "キャンバスのワークフローをストアから読みます。`GET "
        "/internal/workflow/{workflow_id}/status` と同じ本文の辞書で、ワークフローがなければ "
        "None です。"
    ),
    "Reads as `workflow_status`, for asyncio code: the event loop goes on meanwhile.": (
        "`workflow_status` と同じように読みます。asyncio のコード用で、その間もイベントループは"
        "進みます。"
    ),
    # progress_backend: services
    "Service with its records in this process's memory, each deleted 24 h after the task's end.": (
        "このプロセスのメモリに記録を置くサービスです。タスクの終了から 24 時間で削除されます。"
    ),
    "Service with its records in Redis, shared with workers and other services.": (
        "Redis に記録を置き、ワーカーやほかのサービスと共有するサービスです。"
    ),
    "Closes the connections to Redis that this service opened.": (
        "このサービスが開いた Redis への接続を閉じます。"
    ),
    "The language of the default texts.": "既定メッセージの言語です。",
    "Makes a record for work outside of Celery, or ahead of `apply_async(task_id=…)`, whose task "
    "then adopts the record; returns its id, a UUID.": (
        "Celery の外の処理のため、または `apply_async(task_id=…)` に先立って記録を作り、その ID"
        "（UUID）を返します。後者ではタスクがその記録を引き継ぎます。"
    ),
    "Records new values of a task, or its end, in one commit; returns its body after that.": (
        "タスクの新しい値か終了を 1 回のコミットで記録し、その後の本文を返します。"
    ),
    "Reads a task's body, as `GET /internal/task/{task_id}/status` has it; None if there is no "
    "such task.": (
        "`GET /internal/task/{task_id}/status` と同じ本文を読みます。タスクがなければ None です。"
    ),
    "Reads a workflow's body, as `GET /internal/workflow/{workflow_id}/status` has it; None if "
    "there is no such workflow.": (
        "`GET /internal/workflow/{workflow_id}/status` と同じ本文を読みます。ワークフローが"
        "なければ None です。"
    ),
    "Reads one page of tasks, newest first, with its pagination and a summary over all tasks.": (
        "タスクの一覧を新しい順に 1 ページ読みます。ページ情報と全タスクの集計が付きます。"
    ),
    "Cancels, pauses or resumes many tasks, each as if it was asked for alone, as `POST "
    "/internal/act` does.": (
        "多数のタスクを、1 件ずつ求めたときと同じように、キャンセル・一時停止・再開します。"
        "`POST /internal/act` と同じです。"
    ),
    "Reads how many tasks ended in each of the last minutes, and how long tasks of each type wait "
    "and run, as `GET /internal/activity` has it.": (
        "直近の各 1 分間に終わったタスクの数と、種別ごとの待ち時間・所要時間を読みます。"
        "`GET /internal/activity` と同じです。"
    ),
    "Reads which workers track tasks, as `GET /internal/workers` has it: each one's name, last "
    "sign of life and what it runs.": (
        "進捗を記録するワーカーを読みます。`GET /internal/workers` と同じで、名前、生存を最後に"
        "示した時刻、実行中のタスクがあります。"
    ),
    "Reads one page of workflows, newest first, with its pagination, as `GET /internal/workflows` "
    "has it.": (
        "ワークフローの一覧を新しい順に 1 ページ読みます。`GET /internal/workflows` と同じで、"
        "ページ情報が付きます。"
    ),
    "Pauses all members of a workflow, or lets those go on that wait, and returns its body from "
    "before they followed: no member begins from then on, and one that runs waits at its next "
    "update.": (
        "ワークフローの全タスクを一時停止するか、待っているものを再開し、各タスクに反映される前の"
        "本文を返します。一時停止では、以後に始まるタスクはなく、実行中のものは次の更新で止まります。"
    ),
    "Cancels all members of a workflow that have not ended, and returns its body from before they "
    "followed: no member begins from then on, and one that runs ends at its next update.": (
        "ワークフローのうち終了していない全タスクを中止し、各タスクに反映される前の本文を返します。"
        "以後に始まるタスクはなく、実行中のものは次の更新で終わります。"
    ),
    "Cancels a task that has not ended, and returns its body after that: a queued task never "
    "begins, a running one ends at its next update.": (
        "終了していないタスクをキャンセルし、その後の本文を返します。待機中のタスクは始まらず、"
        "実行中のタスクは次の更新で終わります。"
    ),
    'Reads the state of the store, as `GET /internal/health` has it: `status` is "healthy", '
    '"degraded" with a `reason`, or "unhealthy" while the store does not answer.': (
        '`GET /internal/health` と同じストアの状態を読みます。`status` は "healthy"、'
        '`reason` 付きの "degraded"、ストアが応答しない間は "unhealthy" です。'
    ),
    "Calls the service's method for an HTTP path and method: the specification's single entry "
    "point.": (
        "HTTP のパスとメソッドに対応するサービスのメソッドを呼びます。仕様の唯一の入口です。"
    ),
    "Reports the progress of a task that asyncio code does outside of Celery, through a service: "
    "the specification's notifier (3.2).": (
        "Celery の外で asyncio のコードが行うタスクの進捗を、サービスを通して知らせます"
        "（仕様 3.2 の通知クラス）。"
    ),
    "Records the task's newest values.": "タスクの最新の値を記録します。",
    "Records what was kept, then ends the task as completed.": (
        "保留していた値を記録し、タスクを完了として終わらせます。"
    ),
    "Records what was kept, then ends the task with an error; its last values stay.": (
        "保留していた値を記録し、タスクをエラーとして終わらせます。最後の値は残ります。"
    ),
    "Interface of every notification service (specification 4.2).": (
        "通知サービスのインターフェースです（仕様 4.2）。"
    ),
    "Makes a record; returns its id, a UUID.": "記録を作り、その ID（UUID）を返します。",
    "Records new values or an end of a task; returns its body after that.": (
        "タスクの新しい値か終了を記録し、その後の本文を返します。"
    ),
    "Reads a task's body; None if there is no such task.": (
        "タスクの本文を読みます。タスクがなければ None です。"
    ),
    'Reads the state of the service and its store: `status` is "healthy" or "unhealthy".': (
        'サービスとストアの状態を読みます。`status` は "healthy" か "unhealthy" です。'
    ),
    # progress_backend.web
    "Makes a FastAPI application of the HTTP and WebSocket API, the live page, `/metrics` and "
    "`/docs`, on the store that the settings name.": (
        "設定が示すストアの上に、HTTP と WebSocket の API・ライブページ・`/metrics`・`/docs` の"
        " FastAPI アプリケーションを作ります。"
    ),
    "Every HTTP and WebSocket route below `/internal`, for a FastAPI application of your own: "
    "`app.include_router(router)`, under any prefix.": (
        "`/internal` 以下のすべての HTTP と WebSocket のルートです。自分の FastAPI"
        " アプリケーションに任意の接頭辞で組み込みます：`app.include_router(router)`。"
    ),
    "The live page at `/` and its static files, for a FastAPI application of your own; under the "
    "same prefix as `router`, which the page reads.": (
        "`/` のライブページと静的ファイルです。自分の FastAPI アプリケーションに、ページが読む"
        " `router` と同じ接頭辞で組み込みます。"
    ),
    "`GET /metrics` for Prometheus, for a FastAPI application of your own that includes "
    "`router`.": (
        "Prometheus 用の `GET /metrics` です。`router` を組み込んだ自分の FastAPI"
        " アプリケーションで使います。"
    ),
    "Opens the store's connections for `router` and closes them: `async with lifespan(app):`, for "
    "an application that is mounted within another one, whose lifespan does not run by itself.": (
        "`router` のためにストアへの接続を開閉します：`async with lifespan(app):`。"
        "lifespan が自動では実行されない、"
        "別のアプリケーションにマウントしたアプリケーションで使います。"
    ),
    # progress_backend: values
    "The record of one tracked task, as values; frozen.": (
        "追跡対象のタスク 1 件の記録の値です。変更できません。"
    ),
    "Items done, items in all (None if unknown), and the percentage of them, 0 to 100 with one "
    "decimal.": ("処理済みの件数、総数（不明なら None）、百分率（0〜100、小数第 1 位まで）です。"),
    "Whether the status is completed, error or cancelled.": (
        "状態が completed・error・cancelled のいずれかかどうかです。"
    ),
    "Until when the broker may deliver the task's message again; None if it does not.": (
        "ブローカーがタスクのメッセージを再配信しうる期限です。再配信されなければ None です。"
    ),
    "Whether a caller ended the record by force, which stops the run.": (
        "呼び出し側が記録を強制的に終わらせたかどうかです。実行は止められます。"
    ),
    'The request that the run has not carried out yet: "pause", "cancel" or "end".': (
        '実行がまだ従っていない依頼です："pause"・"cancel"・"end"。'
    ),
    "Milliseconds from the first run's start to the end, before it to the last written change; "
    "None before the start.": (
        "最初の実行の開始から終了まで（終了前は最後の変更まで）のミリ秒です。開始前は None です。"
    ),
    "Makes the specification's dictionary (3.1): the JSON names, times as ISO 8601 text with "
    "milliseconds and offset.": (
        "仕様（3.1）の辞書を作ります。名前は JSON のもので、時刻はミリ秒とオフセット付きの ISO 8601"
        " の文字列です。"
    ),
    "The six statuses of a task, as the specification names them; plain strings.": (
        "タスクの 6 つの状態の、仕様どおりの名前です。ただの文字列です。"
    ),
    "The settings of one Celery app, API or service; frozen.": (
        "Celery アプリ・API・サービスの設定です。変更できません。"
    ),
    "What is masked before a record has it.": "記録に入る前に伏せるものです。",
    "Whether the store is a Redis Cluster.": "ストアが Redis Cluster かどうかです。",
    "Finds the time zone that `timezone` names.": "`timezone` が示すタイムゾーンを求めます。",
    "Reads settings from keyword arguments, then the environment, then Celery's configuration, "
    "then the defaults.": (
        "設定を、キーワード引数、環境変数、Celery の設定、既定値の順に読みます。"
    ),
    # progress_backend.testing
    "An empty store in memory, in which every tracked app of this process records during the "
    "test: publishes, eager runs, and those of a worker in a thread.": (
        "メモリ上の空のストアです。テストの間、このプロセスの追跡対象のアプリはすべてここに記録"
        "します（送信、eager の実行、スレッド内のワーカーの実行）。"
    ),
    "A clock that stands still; in a test that takes it `progress_store` uses it.": (
        "止まっている時計です。テストがこれを受け取ると、`progress_store` もこの時計に従います。"
    ),
    "The settings of `progress_store`: those of the app that was installed last (of the "
    "environment, if none was), but that every value is recorded at once.": (
        "`progress_store` の設定です。最後に `install` されたアプリ（なければ環境変数）の設定で、"
        "どの値もすぐに記録されます。"
    ),
    "Waits until a record fulfils the conditions; returns it.": (
        "記録が条件を満たすまで待ち、その記録を返します。"
    ),
    "Waits, on the running event loop, until a record fulfils the conditions; returns it.": (
        "実行中のイベントループ上で、記録が条件を満たすまで待ち、その記録を返します。"
    ),
    "Ends a task's run as the pass for lost runs ends one whose worker was killed; returns the "
    'record, an error with cause "lost" that names the worker.': (
        "ワーカーが強制終了された場合と同じようにタスクの実行を終わらせ、その記録を返します。"
        '原因 "lost" のエラーで、ワーカー名が入ります。'
    ),
    "A clock that stands still until a test moves it.": "テストが進めるまで止まっている時計です。",
    "The time it shows, in UTC.": "示している時刻（UTC）です。",
    "Lets time pass at once.": "時間を一度に進めます。",
    "What has records to wait for: a store (`MemoryStore`, `Store`, `AsyncStore`) or a service "
    "(`ProgressService`, `RedisProgressService`).": (
        "待つ対象の記録を持つもの：ストア（`MemoryStore`・`Store`・`AsyncStore`）か"
        "サービス（`ProgressService`・`RedisProgressService`）です。"
    ),
    # progress_backend.embedded
    "A Valkey server on the loopback interface, which this process starts and which ends with it; "
    "`with` starts and stops it.": (
        "このプロセスが起動し、このプロセスとともに終わる、ループバック上の Valkey サーバーです。"
        "`with` で起動と停止ができます。"
    ),
    "The server's Redis URL, database 0; known from the first start on.": (
        "サーバーの Redis URL（データベース 0）です。最初の起動から定まります。"
    ),
    "The server's process id.": "サーバーのプロセス ID です。",
    "Starts the Valkey server, and returns when it answers PING.": (
        "Valkey サーバーを起動し、PING に応答したら戻ります。"
    ),
    "Ends the Valkey server and waits until it is gone; does nothing if it is not running.": (
        "Valkey サーバーを終わらせ、なくなるまで待ちます。動いていなければ何もしません。"
    ),
    "The embedded Valkey server cannot run; the message names the reason and what to do.": (
        "組み込みの Valkey サーバーを動かせません。理由と対処がメッセージにあります。"
    ),
    # Errors
    "Base of the errors about a task's record, a setting, or the store.": (
        "タスクの記録・設定・ストアに関するエラーの基底です。"
    ),
    "No record has this task id.": "このタスク ID の記録はありません。",
    "The status of the task's record does not allow this event, or the event is an older run's.": (
        "タスクの記録の状態がこのイベントを許さないか、イベントが古い実行のものです。"
    ),
    "The task has ended; its record does not change any more.": (
        "タスクは終了しており、記録はもう変わりません。"
    ),
    "Other writers changed the record before each try of a commit: nothing was written, try "
    "again.": (
        "コミットを試みるたびに、先にほかが記録を変えました。何も書かれていないので、再度試して"
        "ください。"
    ),
    "A value that a caller gave cannot be recorded; the message names it.": (
        "呼び出し側の値を記録できません。どの値かはメッセージにあります。"
    ),
    "The record's JSON would be above its limit of 256 KiB.": (
        "記録の JSON が上限の 256 KiB を超えます。"
    ),
    "The value under a task's Redis key is not that task's record: another program wrote it, or "
    "cut it.": (
        "タスクの Redis のキーの値がそのタスクの記録ではありません。別のプログラムが書いたか、"
        "途中で切れています。"
    ),
    "A setting's value cannot be used; the message names the setting and what fits.": (
        "設定の値を使えません。どの設定に何が合うかはメッセージにあります。"
    ),
    "Redis does not answer, or refuses the command; a write may have been done all the same.": (
        "Redis が応答しないか、コマンドを拒否しています。書き込みは行われた可能性があります。"
    ),
    "Shows a task or workflow with a live bar until it has ended, and returns its record, "
    "which is what `GET /internal/task/{task_id}/status` of the id has.": (
        "タスクやワークフローを終了までライブバーで表示し、その記録（この ID の `GET "
        "/internal/task/{task_id}/status` の内容）を返します。"
    ),
    # progress_backend.tqdm
    "Counts what a loop of the running Celery task goes over, as tqdm's own class does: the "
    "record's bar in place of the terminal's.": (
        "実行中の Celery タスクのループを、tqdm のクラスと同じように数えます。ターミナルのバ"
        "ーの代わりに、記録のバーが進みます。"
    ),
    "Items done so far, `initial` among them; may be set, with `refresh()` after it.": (
        "処理済みの件数です（`initial` を含みます）。代入したあとは `refresh()` を呼びます。"
    ),
    "Items in all, None if unknown; may be set, which the next item or `refresh()` tells.": (
        "全体の件数です（不明なら None）。代入でき、次の項目か `refresh()` で伝わります。"
    ),
    "The description, without the colon that the real tqdm puts behind it.": (
        "説明です。本物の tqdm が付けるコロンは付きません。"
    ),
    "The postfix as text.": "postfix のテキストです。",
    "Counts more items as done.": "処理済みの件数を加えます。",
    "Takes `n` and `total` as they were set.": "代入された `n` と `total` を取り込みます。",
    "Begins anew at nothing.": "ゼロから始め直します。",
    "Sets the description: the record's message.": "説明、つまり記録のメッセージを設定します。",
    "Sets the description, as `set_description` does.": (
        "`set_description` と同じように説明を設定します。"
    ),
    "Sets names and values that the message has behind the description.": (
        "メッセージで説明の後ろに付く名前と値を設定します。"
    ),
    "Sets the text that the message has behind the description.": (
        "メッセージで説明の後ろに付くテキストを設定します。"
    ),
    "Ends the bar; the record's count stays as it is.": (
        "バーを終えます。記録の件数はそのままです。"
    ),
    "Goes over `asyncio.as_completed(fs)` with a bar.": (
        "`asyncio.as_completed(fs)` をバー付きで回します。"
    ),
    "Awaits all of them at once, as `asyncio.gather` does, with a bar.": (
        "`asyncio.gather` のように全部を同時に待ち、バーを付けます。"
    ),
    "The bar's figures by the names that the real tqdm gives them; `rate` is that of all items so "
    "far.": "本物の tqdm と同じ名前で表したバーの数値です。`rate` は全件の平均です。",
    'Writes seconds as "02:05" or "1:02:05", as the real tqdm does.': (
        "本物の tqdm のように、秒数を「02:05」「1:02:05」と書きます。"
    ),
    "Gives pandas' objects `progress_apply` and its like, with a bar of this class; needs the real "
    "tqdm.": (
        "pandas のオブジェクトに、このクラスのバーが付く `progress_apply` などを加えます。"
        "本物の tqdm が必要です。"
    ),
    "Does nothing: there is no line to clear.": "何もしません。消す行がないためです。",
    "Does nothing: the record is shown by its readers.": "何もしません。記録は読む側が表示します。",
    "Does nothing: pauses of the record are no work in its rate.": (
        "何もしません。一時停止の時間は記録の速度に入りません。"
    ),
    "Adds a line to the running task's log; outside of one, or where a file is given, it "
    "writes there.": (
        "実行中のタスクのログに一行加えます。タスクの外や、ファイルを渡したときは、そこに書きます。"
    ),
    "Does nothing: no bar is in the way of what others print.": (
        "何もしません。ほかの出力の邪魔になるバーがないためです。"
    ),
    "Keeps a lock that `get_lock` returns; no bar needs it.": (
        "`get_lock` が返すロックを置きます。バーはロックを使いません。"
    ),
    "Returns the lock of `set_lock`.": "`set_lock` のロックを返します。",
    "Counts the bytes that a file's method reads or writes, while a `with` block lasts.": (
        "`with` のあいだ、ファイルのメソッドが読み書きするバイト数を数えます。"
    ),
    "Goes over `range(*args)` with a bar: `tqdm(range(*args), **kwargs)`.": (
        "`range(*args)` をバー付きで回します：`tqdm(range(*args), **kwargs)`。"
    ),
    # progress_backend.recorder
    "Reports the progress of the running Celery task by the calls of celery-progress' class "
    "of this name, without its write to the result backend in the job's thread.": (
        "実行中の Celery タスクの進捗を、celery-progress の同名のクラスと同じ呼び出しで知らせ"
        "ます。ジョブのスレッドで結果バックエンドに書くことはしません。"
    ),
    "Sets the newest values of the task's record; returns Celery's state and the meta that "
    "celery-progress' class writes.": (
        "タスクの記録の最新の値を設定し、celery-progress のクラスが書く状態とメタを返します。"
    ),
}
