"""The table of settings, from the fields, defaults and comments of progress_backend/settings.py."""

from __future__ import annotations

from dataclasses import fields
from typing import Final

from progress_backend import settings

from .docstrings import field_comments
from .tables import markdown, translated

_HEAD: Final = {
    "en": ("Variable", "Default", "Meaning"),
    "ja": ("環境変数", "既定値", "意味"),
}
_SPANS: Final = {
    "en": {86_400.0: "24 h", 3_600.0: "1 h"},
    "ja": {86_400.0: "24 時間", 3_600.0: "1 時間"},
}
_NOT_SET: Final = {"en": "see below", "ja": "下記参照"}
_SECONDS: Final = {"en": "Seconds.", "ja": "単位は秒です。"}

#: The comment in the code -> Japanese. A comment that changes needs its translation anew.
_JA: Final = {
    "The store's URL. None: no store was found, tracking is off.": (
        "記録を置くストアの URL です。どこにも見つからなければ追跡は無効になります。"
    ),
    "Prefix of every Redis key and channel.": "すべてのキーとチャンネルの前に付く接頭辞です。",
    "How long an ended record is kept.": "終了した記録を保持する時間です。",
    "Shortest time between two progress values of one run that are written to Redis.": (
        "一つの実行について進捗を書き込む最短の間隔です。"
    ),
    "How long a worker counts as alive after the last renewal of its lease.": (
        "応答がなくてもワーカーが生きているとみなす時間です。"
    ),
    "Time between two passes that look for lost runs.": "応答のなくなった実行を探す間隔です。",
    "Time between two passes that delete old records.": "クリーンアップの間隔です。",
    'Language of the default texts: "ja" or "en".': (
        "既定メッセージの言語です（`ja` または `en`）。"
    ),
    "Time zone that times are shown in; an IANA name.": (
        "時刻を表示するタイムゾーンです（IANA 名）。"
    ),
    "Whether progress is also sent as Celery `task-progress` events, e.g. for Flower.": (
        "進捗を `task-progress` イベントとしても送るかどうかです。"
    ),
    "Hash-tagged partitions of the keys on a Redis Cluster; 0 means plain keys (one Redis node).": (
        "クラスターでのキーのハッシュタグ区画の数です。0 なら通常のキー（Redis 1 ノード）です。"
    ),
    "Origins, besides the API's own, whose pages may call the API; comma-separated.": (
        "API 自身のほかに、ページからの読み取り・変更・監視を認めるオリジンです（カンマ区切り）。"
    ),
    "Host names, besides localhost, that the API answers to; comma-separated.": (
        "localhost のほかに、API が応答するホスト名です（カンマ区切り）。"
    ),
    "Names of keys whose values are masked in what is recorded; comma-separated.": (
        "記録のなかで値を伏せるキーの名前です（カンマ区切り）。"
    ),
    "A function, as `package.module.function`, that redacts what is recorded: it gets a field's "
    "name and value, and returns the value to record.": (
        "記録する値を伏せる関数です（`package.module.function`）。"
        "項目名と値を受け取り、記録する値を返します。"
    ),
    (
        "Lines of bearer tokens that the API asks for, without the tokens themselves; "
        "comma-separated."
    ): "API が求めるベアラートークンの行です。トークン自体は含みません（カンマ区切り）。",
    "Path of a file with such lines, which is read again when it changes.": (
        "そのような行を書いたファイルのパスです。変更されると読み直します。"
    ),
    (
        "Keys of share tokens, of 32 characters at least: the first signs, all count; "
        "comma-separated."
    ): (
        "共有トークンの鍵です。32 文字以上で、先頭の鍵で署名し、どの鍵の署名も認めます"
        "（カンマ区切り）。"
    ),
    "Targets of webhooks, as a JSON list; see docs/webhooks.md.": (
        "Webhook の送信先を JSON のリストで書きます（docs/webhooks.ja.md）。"
    ),
    "Path of a file with that list, in its place, which is read again when it changes.": (
        "代わりにそのリストを書いたファイルのパスです。変更されると読み直します。"
    ),
    (
        "Whether the API refuses all that creates, changes or cancels, and its page offers no acts."
    ): "作成・変更・キャンセルを API が拒否し、ページに操作を出さないかどうかです。",
    "Whether services and workers log JSON, one line an event.": (
        "サービスとワーカーのログを 1 件 1 行の JSON にするかどうかです。"
    ),
    "Address of Flower, where the page links a task to: an http or https URL.": (
        "Flower のアドレス（http か https の URL）です。ページのタスクからリンクします。"
    ),
    "Where the page finds a task's trace: a URL with {trace_id} in it.": (
        "ページがタスクのトレースを開く URL です（`{trace_id}` を含みます）。"
    ),
    "Whether the API answers /metrics.": "API が /metrics に応答するかどうかです。",
    "Whether the API answers /docs and /openapi.json.": (
        "API が /docs と /openapi.json に応答するかどうかです。"
    ),
    "Writes a second that an API process takes from one client; 0: any number.": (
        "API プロセスがクライアント一つから受け付ける 1 秒あたりの書き込み数です。0 は無制限です。"
    ),
    "Sockets and event streams that one client may have open at an API process; 0: any number.": (
        "クライアント一つが API プロセスに開けるソケットとイベントストリームの数です。"
        "0 は無制限です。"
    ),
    "Sockets and event streams that all clients may have open at an API process; 0: any number.": (
        "API プロセスに開けるソケットとイベントストリームの総数です。0 は無制限です。"
    ),
    "Records that one client may create by HTTP within `unstarted_s`, besides those that are "
    "updated, ended or cancelled by HTTP; 0: any number.": (
        "クライアント一つが `unstarted_s` のあいだに HTTP で作成できる記録の数です。"
        "HTTP で更新・終了・キャンセルされたものは数えません。"
        "0 は無制限です。"
    ),
    "Bytes that the bodies of one client's writes may have within `unstarted_s`, beyond 4 KiB "
    "each; 0: any number.": (
        "クライアント一つの書き込みの本文が `unstarted_s` のあいだに使えるバイト数です。"
        "本文ごとに 4 KiB までは数えません。0 は無制限です。"
    ),
    "How long a record is kept that was created by HTTP or a service, and that nobody starts.": (
        "HTTP やサービスで作成され、だれも開始しない記録を保持する時間です。"
    ),
}


def table(lang: str) -> str:
    """One row a field."""
    comments = field_comments(settings.Settings)
    rows = []
    for field in fields(settings.Settings):
        meaning = comments[field.name]
        if lang == "ja":
            meaning = translated(_JA, meaning)
        if field.name.endswith("_s"):
            meaning = f"{meaning} {_SECONDS[lang]}" if lang == "en" else meaning + _SECONDS[lang]
        shown = _shown(field.name, field.default, lang)
        rows.append((f"`PROGRESS_{field.name.upper()}`", shown, meaning.replace('"', "`")))
    return markdown(_HEAD[lang], rows)


def _shown(name: str, default: object, lang: str) -> str:
    if default is None:
        return _NOT_SET[lang] if name == "redis_url" else "—"
    if default in ("", ()):
        return "—"
    if isinstance(default, bool):
        return f"`{int(default)}`"
    if isinstance(default, (int, float)):
        span = _SPANS[lang].get(float(default)) if name.endswith("_s") else None
        return f"`{default:g}`" if span is None else f"`{default:.0f}` ({span})"
    if isinstance(default, tuple):
        return f"`{','.join(default)}`"
    return f"`{default}`"
