"""Settings: a frozen value, made from environment variables and Celery's configuration."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, timedelta, timezone, tzinfo
from difflib import get_close_matches
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .addresses import (
    CLUSTER_SCHEMES,
    STORE_SCHEMES,
    key_prefix_of_celery,
    scheme_of,
    store_url_of_celery,
    without_password,
)
from .errors import SettingsError
from .record.default_texts import LOCALES, Locale
from .record.redaction import KEYS, Redact, Redaction

#: Partitions on a Redis Cluster where no setting gives a number.
CLUSTER_PARTITIONS = 16

#: A zone with a fixed offset, as Python writes it: UTC+09:00.
_FIXED = re.compile(r"UTC([+-])(0\d|1[0-4]):([0-5]\d)")
#: An `Origin` header as browsers send it, an app's own scheme included; and a host's name.
_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")
_TRACE_URL = re.compile(r"https?://[^\s\"'<>]*\{trace_id\}[^\s\"'<>]*")
_FLOWER_URL = re.compile(r"https?://[^\s\"'<>?#]+")
#: Colours that differ clearly, and on which white text is readable.
TITLE_COLORS = ("blue", "green", "orange", "red", "purple", "grey")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_SPANS = ("retention_s", "lease_s", "reap_interval_s", "cleanup_interval_s", "unstarted_s")
_LIMITS = ("max_writes", "max_client_sockets", "max_sockets", "max_created_bytes")
#: The least and the most of each number, and both in words.
_BOUNDS = {
    **dict.fromkeys(_SPANS, (math.ulp(0), 10 * 365 * 86_400, "a number of seconds above 0")),
    **dict.fromkeys(_LIMITS, (0, math.nextafter(math.inf, 0), "0 or more")),
    "update_interval_s": (0, 3_600, "0 to 3600 seconds"),
    "log_kib": (1, 64, "1 to 64"),
    "partitions": (0, 1_024, "0 to 1024"),
}
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


#: Settings that every app of this process has instead of its own while a test records in a store of
#: its own (`progress_backend.testing`), the innermost last.
in_tests: list[Settings] = []


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """The settings of one Celery app, API or service; frozen. Fields with names in `_s` are in
    seconds.

    The environment variable of a field is `PROGRESS_` and the field in capitals
    (`PROGRESS_RETENTION_S`); the Celery setting is `progress_` and the field
    (`app.conf.progress_retention_s`). The environment has priority. A value that cannot be used
    raises `SettingsError`, which names the setting and a valid value.
    """

    #: URL of the Redis with the records. Without a Redis the library tracks no task.
    redis_url: str | None = None
    #: Prefix of every Redis key and channel.
    key_prefix: str = ""
    #: How long Redis keeps an ended record.
    retention_s: float = 86_400
    #: Shortest time between two writes of a run's progress to Redis.
    update_interval_s: float = 1.0
    #: Size in KiB up to which Redis keeps the newest lines of a task's log: 1 to 64.
    log_kib: int = 22
    #: How long a worker counts as alive after the last renewal of its lease.
    lease_s: float = 30
    #: Time between two checks for lost runs.
    reap_interval_s: float = 15
    #: Time between two runs of `progress.cleanup`, which deletes old records.
    cleanup_interval_s: float = 3_600
    #: Language of the default texts: "ja" or "en".
    locale: Locale = "ja"
    #: Time zone of the times in records; an IANA name.
    timezone: str = "UTC"
    #: Whether progress is also sent as Celery `task-progress` events, e.g. for Flower.
    flower_events: bool = True
    #: Number of partitions of the keys on a Redis Cluster: 0 means 16 there. Else it has to be 0.
    partitions: int = 0
    #: Origins of pages that may call the API, in addition to its own; comma-separated.
    allowed_origins: tuple[str, ...] = ()
    #: Host names that the API accepts, in addition to localhost; comma-separated.
    allowed_hosts: tuple[str, ...] = ()
    #: Names of keys. The library masks their values in records; comma-separated.
    redact_keys: tuple[str, ...] = KEYS
    #: A function, as `package.module.function`, that masks secrets: it gets a field's name and
    #: value, and returns the value to record.
    redact: Redact | None = None
    #: Names, roles and hashes of the bearer tokens that the API accepts; comma-separated.
    tokens: tuple[str, ...] = ()
    #: Path of a file with such a token on each line. The API reads a changed file again.
    tokens_file: str = ""
    #: Keys of share tokens, each of at least 32 characters; comma-separated. The first key signs,
    #: and tokens of all keys are valid.
    signing_keys: tuple[str, ...] = field(default=(), repr=False)
    #: Targets of webhooks, as a JSON list; see docs/webhooks.md.
    webhooks: str = field(default="", repr=False)
    #: Path of a file with this list. A process reads a changed file again.
    webhooks_file: str = ""
    #: Whether the API refuses every request to create, change or cancel.
    read_only: bool = False
    #: Whether callers that see one owner's tasks see the texts of exceptions; see docs/security.md.
    show_errors: bool = False
    #: URL of a task's trace, for links of the page; it contains {trace_id}.
    trace_url: str = ""
    #: URL of Flower (http or https), for links of the page.
    flower_url: str = ""
    #: Name of this environment on the page, such as "Staging".
    title: str = ""
    #: The colour of `PROGRESS_TITLE`: blue, green, orange, red, purple or grey.
    title_color: str = ""
    #: Whether the API serves /metrics.
    metrics: bool = True
    #: Whether the API serves /docs and /openapi.json.
    docs: bool = True
    #: Writes per second that an API process accepts from one client; 0: any number.
    max_writes: float = 100
    #: Sockets and event streams that one client may have open at an API process; 0: any number.
    max_client_sockets: int = 1_000
    #: Sockets and event streams that all clients may have open at an API process; 0: any number.
    max_sockets: int = 20_000
    #: Bytes in the bodies of one client's writes in each `PROGRESS_UNSTARTED_S`; 0: any number.
    #: If a write creates no record, the first 4 KiB of its body do not count.
    max_created_bytes: int = 1_073_741_824
    #: How long Redis keeps a record that HTTP or `RedisProgressService` created, if no process
    #: publishes or starts its task.
    unstarted_s: float = 86_400
    #: Whether stacks of hanging jobs and tracebacks of failed jobs are recorded.
    stacks: bool = True
    #: Whether `install` tracks tasks. With 0 in the environment `install` connects no signal.
    enabled: bool = True

    def __post_init__(self) -> None:
        for name, (least, most, expected) in _BOUNDS.items():
            if not least <= getattr(self, name) <= most:
                raise _unusable(name, getattr(self, name), expected)
        if self.locale not in LOCALES:
            raise _unusable("locale", self.locale, " or ".join(LOCALES))
        if self.trace_url and not _TRACE_URL.fullmatch(self.trace_url):
            expected = "https://… with {trace_id} in it, such as https://jaeger/trace/{trace_id}"
            raise _unusable("trace_url", self.trace_url, expected)
        if self.flower_url and not _FLOWER_URL.fullmatch(self.flower_url):
            raise _unusable("flower_url", self.flower_url, "an address such as https://flower:5555")
        if self.title_color not in ("", *TITLE_COLORS):
            raise _unusable("title_color", self.title_color, ", ".join(TITLE_COLORS))
        for name, one in (("allowed_origins", _origin), ("allowed_hosts", _host)):
            object.__setattr__(self, name, tuple(map(one, getattr(self, name))))
        self._check_url()
        self.zone()

    def __repr__(self) -> str:
        shown = (
            f"{one.name}={_shown(getattr(self, one.name))}" for one in fields(self) if one.repr
        )
        return f"Settings({', '.join(shown)})"

    @property
    def clustered(self) -> bool:
        """Whether the store is a Redis Cluster."""
        return bool(self.redis_url) and scheme_of(self.redis_url) in CLUSTER_SCHEMES

    def _check_url(self) -> None:
        if self.redis_url is None:
            return
        scheme = scheme_of(self.redis_url)
        if scheme not in STORE_SCHEMES + CLUSTER_SCHEMES:
            if "://" not in self.redis_url:  # it is not shown: it may be a password
                wanted = "redis://127.0.0.1:6379/0"
                raise SettingsError(f"PROGRESS_REDIS_URL has no scheme; write it as {wanted}")
            known = ", ".join(STORE_SCHEMES + CLUSTER_SCHEMES[:2])
            raise _unusable("redis_url", f"{scheme}://…", f"one of {known}")
        if scheme in CLUSTER_SCHEMES and not self.partitions:
            object.__setattr__(self, "partitions", CLUSTER_PARTITIONS)
        if self.partitions and scheme not in CLUSTER_SCHEMES:
            raise _unusable("partitions", self.partitions, "0 unless the store is a Redis Cluster")

    @property
    def redaction(self) -> Redaction:
        """What is masked before a record has it."""
        return Redaction(self.redact_keys, self.redact)

    def zone(self) -> tzinfo:
        """Finds the time zone that `timezone` names.

        Raises:
            SettingsError: there is no zone of this name.
        """
        if self.timezone.upper() == "UTC":
            return UTC
        if fixed := _FIXED.fullmatch(self.timezone):
            sign, hours, minutes = fixed.groups()
            offset = timedelta(hours=int(hours), minutes=int(minutes))
            return timezone(offset if sign == "+" else -offset)
        try:
            return ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise _unusable("timezone", self.timezone, "an IANA name such as Asia/Tokyo") from error

    @classmethod
    def from_sources(
        cls, conf: Mapping[str, Any] | None, environ: Mapping[str, str], **given: Any
    ) -> Settings:
        """Reads settings from keyword arguments, then the environment, then Celery's configuration,
        then the defaults.

        Args:
            conf: a Celery app's configuration, `app.conf`; None for a process without an app.
            environ: environment variables, `os.environ`.
            given: fields by name, which win.

        Raises:
            SettingsError: a value cannot be used, or `given` has a name that is no setting; the
                message names it and what it should be.
        """
        refuse_unknown(given)
        conf = conf or {}
        values: dict[str, Any] = {}
        for one in fields(cls):
            raw = given.get(one.name)
            if raw is None:
                raw = _raw(one.name, conf, environ)
            if raw is not None:
                values[one.name] = _read(one.name, str(one.type), raw)
        if "redis_url" not in values:
            values["redis_url"] = store_url_of_celery(conf, environ)
            values.setdefault("key_prefix", key_prefix_of_celery(conf, environ))
        if "timezone" not in values and (zone := _zone_of(conf)):
            values["timezone"] = zone
        return cls(**values)


def refuse_unknown(names: Iterable[str]) -> None:
    """Refuses a keyword argument that is no setting, which would be ignored without notice.

    Raises:
        SettingsError: the first such name, and the setting that is spelled most like it.
    """
    known = [one.name for one in fields(Settings)]
    for name in names:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
            raise SettingsError(f"there is no setting {name!r}; {hint}")


def misspelt(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Environment variables and Celery settings that are ignored, each with the setting that is
    spelled most like it."""
    known = [one.name for one in fields(Settings)]
    for name in names:
        prefix, _, rest = name.lower().partition("_")
        if prefix == "progress" and rest not in (*known, "token"):  # that is the terminal's
            for close in get_close_matches(rest, known, n=1, cutoff=0.8):
                yield name, close


def is_off(environ: Mapping[str, str], **given: Any) -> bool:
    """Whether an argument or the environment says that nothing is tracked. A value that is neither
    yes nor no turns tracking off at its first use, with its line in the log."""
    raw = given.get("enabled", environ.get("PROGRESS_ENABLED"))
    return str(raw).strip().lower() in _FALSE


def is_set(
    name: str, conf: Mapping[str, Any] | None, environ: Mapping[str, str], **given: Any
) -> bool:
    """Whether an argument, the environment or Celery's configuration gives the setting a value, so
    that its default is not taken."""
    return given.get(name) is not None or _raw(name, conf or {}, environ) is not None


def _raw(name: str, conf: Mapping[str, Any], environ: Mapping[str, str]) -> Any:
    """A setting's value in the environment, else in Celery's configuration; None without either."""
    for raw in (environ.get(f"PROGRESS_{name.upper()}"), conf.get(f"progress_{name}")):
        if raw is not None and raw != "":
            return raw
    return None


def _zone_of(conf: Mapping[str, Any]) -> str | None:
    """The name of Celery's `timezone`, or of Django's in the same settings; either may be an object
    instead of a name."""
    zone = getattr(conf, "timezone", None) or conf.get("timezone")
    return str(getattr(zone, "key", zone)) if zone else None


def _read(name: str, kind: str, raw: Any) -> Any:
    """A setting's value out of the text of an environment variable or a value of Celery's
    configuration."""
    if kind == "bool":
        flag = str(raw).strip().lower()
        if flag not in _TRUE | _FALSE:
            raise _unusable(name, raw, "1 or 0")
        return flag in _TRUE
    if kind.startswith("Redact"):
        return _function(name, raw)
    if kind.startswith("tuple"):
        entries = raw.split(",") if isinstance(raw, str) else raw
        if not isinstance(entries, (list, tuple, set, frozenset)):
            raise _unusable(name, raw, "a list, or a string with commas between its entries")
        return tuple(entry for entry in (str(entry).strip() for entry in entries) if entry)
    try:
        if kind == "float":
            return float(raw)
        if kind == "int":
            return int(raw)
    except (TypeError, ValueError) as error:
        raise _unusable(name, raw, "a number") from error
    return json.dumps(raw) if name == "webhooks" and not isinstance(raw, str) else str(raw).strip()


def _function(name: str, raw: Any) -> Any:
    """A function out of its dotted name, `package.module.function` or `package.module:function`."""
    module, _, called = str(raw).strip().replace(":", ".").rpartition(".")
    function, fault = raw, ""
    if isinstance(raw, str):
        try:
            function = getattr(import_module(module or called), called, None)
        except Exception as error:  # whatever the module raises as it is imported
            fault = f": {type(error).__name__}: {error}"
    if fault or not callable(function):
        expected = f"the dotted name of a function, such as myshop.progress.redact{fault}"
        raise _unusable(name, raw, expected)
    return function


def _origin(given: str) -> str:
    """An origin as a browser sends it: in small letters, without its scheme's own port."""
    found = _ORIGIN.fullmatch(given.lower().removesuffix("/"))
    if found is None:
        expected = "origins such as https://app.example.com (no path, no *), separated by commas"
        if given == "null":
            expected += "; null is the origin of a file: serve the page by http"
        raise _unusable("allowed_origins", given, expected)
    scheme, host, port = found.groups()
    return f"{scheme}://{host}{'' if port == _DEFAULT_PORTS.get(scheme) else port or ''}"


def _host(given: str) -> str:
    """A host name of a `Host` header, in small letters."""
    if not _HOST.fullmatch(given.lower()):
        expected = "names such as tasks.example.com (no port, no *), separated by commas"
        raise _unusable("allowed_hosts", given, expected)
    return given.lower()


def _unusable(name: str, value: object, expected: str) -> SettingsError:
    secret = name in _SECRET
    return SettingsError(
        f"PROGRESS_{name.upper()} {'' if secret else f'is {_shown(value)}; it '}must be {expected}"
    )


def _shown(value: object) -> str:
    """A value's representation without passwords in URLs."""
    if isinstance(value, str):
        return repr(without_password(value))
    return without_password(repr(value))


#: Fields that are never shown.
_SECRET = frozenset(one.name for one in fields(Settings) if not one.repr)
