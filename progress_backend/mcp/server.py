"""The tools: one for each job that the token may start, and those that read and cancel."""

from __future__ import annotations

import hashlib
import json
import time
from collections import deque
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

import anyio
import mcp_types as types
from jsonschema import Draft202012Validator
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolRequestParams, CallToolResult, TextContent, Tool, ToolAnnotations

from . import texts
from .api import AgentApi, RequestRefused

Context = ServerRequestContext[Any, Any]
Body = dict[str, Any]
#: Seconds that the tool of a job waits for its end.
FOLLOW_S: Final = 20
#: Starts a minute at most.
STARTS: Final = 30
#: What a client may put into `_meta`: calls with the same value start one job.
KEY: Final = "progress-backend/idempotency-key"
_STACK_S: Final = 10
_ID: Final = {"type": "string", "minLength": 1, "maxLength": 4096, "description": "The job's id."}


def _own(name: str, description: str, destroys: bool = False, **properties: Body) -> Tool:
    """A tool that starts nothing; an argument without a default is required."""
    required = [one for one, schema in properties.items() if "default" not in schema]
    schema = {"type": "object", "properties": properties, "required": required}
    hints = ToolAnnotations(
        read_only_hint=not destroys, destructive_hint=destroys, idempotent_hint=True
    )
    return Tool(
        name=name,
        description=description,
        input_schema={**schema, "additionalProperties": False},
        annotations=hints,
    )


def _number(most: int, default: int, least: int = 1) -> Body:
    return {"type": "integer", "minimum": least, "maximum": most, "default": default}


_READING: Final = (
    _own("job", "Read a job; `wait` seconds for its end.", id=_ID, wait=_number(25, 0, 0)),
    _own("jobs", "List the newest jobs.", limit=_number(50, 20)),
    _own("job_log", "Read the newest lines of a job's log.", id=_ID, lines=_number(200, 50)),
)
_CANCEL: Final = _own("cancel_job", "Cancel one job that an agent may start.", True, id=_ID)
_STACK: Final = _own("stack", "Read in which lines of code a running job is.", id=_ID)


class Tools:
    """The tools of an API.

    Args:
        api: the API.
        token: the header `Authorization` of all requests; None where each request of an agent has
            its own.
        read_only: without those that start or cancel.
        stacks: with the tool `stack`.
    """

    def __init__(self, api: AgentApi, token: str | None, read_only: bool, stacks: bool) -> None:
        self._api, self._token, self.read_only = api, token, read_only
        own = [*_READING, *([] if read_only else [_CANCEL]), *([_STACK] if stacks else [])]
        #: Those that are none of a job, by name.
        self.own: dict[str, Tool] = {tool.name: tool for tool in own}
        self._started, self._process = deque[float](maxlen=STARTS), uuid4().hex

    async def list(self, ctx: Context, _: Any = None) -> types.ListToolsResult:
        """The tools that the token allows."""
        hints = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=False)
        jobs = [
            Tool(
                name=name,
                title=job["title"],
                description=job["description"] or job["title"],
                input_schema=job["schema"],
                annotations=hints,
            )
            for name, job in (await self._jobs(ctx)).items()
        ]
        return types.ListToolsResult(tools=[*jobs, *self.own.values()])

    async def call(self, ctx: Context, params: CallToolRequestParams) -> CallToolResult:
        """Carries out a call; what the API refuses is the tool's error, in one line."""
        try:
            return await self._called(ctx, params.name, params.arguments or {})
        except RequestRefused as refused:
            return refusal(refused)

    async def _called(self, ctx: Context, name: str, given: Body) -> CallToolResult:
        if name not in self.own:
            body = await self.start(ctx, name, given)
            return ended(await self._follow(ctx, body, FOLLOW_S))
        tool = self.own[name]
        for error in Draft202012Validator(tool.input_schema).iter_errors(given):
            raise RequestRefused(
                422, texts.plain(f"{error.json_path[2:] or name}: {error.message}")
            )
        if name == "job":
            body = await self._follow(ctx, await self.read(ctx, given["id"]), given.get("wait", 0))
            return result(texts.line(body), texts.job(body))
        if name == "jobs":
            rows = await self.ask(ctx, "GET", "tasks", params={"limit": given.get("limit", 20)})
            listed = [texts.job(row) for row in rows["tasks"]]
            return result(f"{len(listed)} jobs, the newest first", {"jobs": listed})
        if name == "job_log":
            limit = {"limit": given.get("lines", 50)}
            read = await self.ask(ctx, "GET", "task", given["id"], "log", params=limit)
            lines = [texts.log_line(one) for one in read["lines"]]
            return result(f"{len(lines)} lines, oldest first", {"lines": lines})
        if name == "stack":
            return await self._stack(ctx, given["id"])
        return await self.cancel(ctx, given["id"])

    async def ask(self, ctx: Context, method: str, *path: str, **given: Any) -> Body:
        """The API's answer to a request with the token of this call."""
        token = self._token if ctx.request is None else ctx.request.headers.get("authorization")
        return await self._api.ask(token, method, *path, **given)

    async def read(self, ctx: Context, job_id: str, wait_s: int = 0) -> Body:
        """A task's body, at its end or after this many seconds."""
        return await self.ask(ctx, "GET", "task", job_id, "status", wait_s=wait_s)

    async def start(self, ctx: Context, name: str, given: Body) -> Body:
        """Starts the job of a tool; the task's body.

        Raises:
            Refused: it is not started.
            MCPError: there is no such tool; or it is not known whether it was started.
        """
        if (job := (await self._jobs(ctx)).get(name)) is None:
            raise MCPError(types.INVALID_PARAMS, "there is no such tool")
        now = time.monotonic()
        if len(self._started) == STARTS and now - self._started[0] < 60:
            wait = 60 - (now - self._started[0])
            raise RequestRefused(
                429, f"{STARTS} jobs a minute are started: call again in {wait:.0f} s"
            )
        self._started.append(now)
        headers = {"Idempotency-Key": self._key(ctx, name, given)}
        about: Body = {"json": given, "params": {"by": "mcp"}, "headers": headers}
        body = await self.ask(ctx, "POST", "jobs", job["name"], **about)
        return body if "status" in body else await self.read(ctx, body["task_id"])

    def _key(self, ctx: Context, name: str, given: Body) -> str:
        """The same for a call that the client repeats: by the key that it gives, or over stdio the
        id of the request, which is used once."""
        if (key := (ctx.meta or {}).get(KEY)) is None:
            key = [self._process, ctx.request_id] if ctx.request is None else uuid4().hex
        text = json.dumps([key, name, given], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    async def cancel(self, ctx: Context, job_id: str) -> CallToolResult:
        """Cancels a task that is marked for starts."""
        if "again" not in await self.read(ctx, job_id):
            raise RequestRefused(403, "agents may not start this job, so they may not cancel it")
        body = await self.ask(ctx, "POST", "task", job_id, "cancel", json={"by": "mcp"})
        return result(texts.line(body), texts.job(body))

    async def _jobs(self, ctx: Context) -> dict[str, Body]:
        """The jobs that the token may start, by the names of their tools."""
        if self.read_only:
            return {}
        try:
            jobs = {job["name"]: job for job in (await self.ask(ctx, "GET", "jobs"))["jobs"]}
        except RequestRefused as refused:
            if refused.code in (403, 404):  # a token that reads; an API that starts nothing
                return {}
            raise MCPError(types.INVALID_PARAMS, f"the API refuses the token: {refused}") from None
        own = [tool.name for tool in (*_READING, _CANCEL, _STACK)]
        return {name: jobs[job] for name, job in texts.tool_names(jobs, own).items()}

    async def _follow(self, ctx: Context, body: Body, for_s: int) -> Body:
        """The task at its end, or after these seconds; with progress notifications where the client
        has asked for them. A task that was started is not forgotten because the API goes away."""
        each_s = 1 if (ctx.meta or {}).get("progress_token") is not None else for_s
        until, shown = time.monotonic() + for_s, -1.0
        while True:
            if (done := body["progress"]["percentage"]) > shown:
                message = f"{body['status']}, {done:g} %"
                await ctx.session.report_progress(shown := done, 100, message)
            if body["final"] or (began := time.monotonic()) >= until:
                return body
            try:
                body = await self.read(ctx, body["task_id"], each_s)
            except (MCPError, RequestRefused):
                return {**body, "unread": True}
            if not body["final"]:  # also where the API lets no more requests wait
                await anyio.sleep(max(0, began + 1 - time.monotonic()))

    async def _stack(self, ctx: Context, job_id: str) -> CallToolResult:
        asked = datetime.fromisoformat(
            (await self.ask(ctx, "POST", "task", job_id, "stack"))["requested_at"]
        )
        for _ in range(_STACK_S):
            await anyio.sleep(1)
            entries = (await self.ask(ctx, "GET", "task", job_id, "timeline"))["entries"]
            for one in entries:
                if one["event"] == "stack" and datetime.fromisoformat(one["time"]) >= asked:
                    frames = texts.data(one.get("frames") or [])
                    return result(f"{len(frames)} frames, newest first", {"frames": frames})
        raise RequestRefused(
            504, "no answer of the job's process, or the token may not read stacks"
        )


def result(line: str, data: Body, *, error: bool = False) -> CallToolResult:
    """A tool's result: one line of ours, and data."""
    content: list[Any] = [TextContent(type="text", text=line)]
    return CallToolResult(content=content, structured_content=data, is_error=error)


def refusal(refused: RequestRefused) -> CallToolResult:
    """The result of a call that the API refuses."""
    reason = {"reason": refused.reason} if refused.reason else {}
    return result(str(refused), {"status": refused.code, **reason}, error=True)


def ended(body: Body) -> CallToolResult:
    """The result of the tool of a job."""
    failed = body["status"] in ("error", "cancelled")
    return result(texts.line(body), texts.job(body), error=failed)
