"""The extension io.modelcontextprotocol/tasks: a job is a task for a client that declares it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import mcp_types as types
from mcp.server.context import CallNext, HandlerResult
from mcp.server.extension import Extension, MethodBinding
from mcp.shared.exceptions import MCPError
from mcp.shared.inbound import MCP_NAME_HEADER, decode_header_value
from pydantic import Field

from . import texts
from .api import RequestRefused
from .server import Body, Context, Tools, ended, refusal

ID: Final = "io.modelcontextprotocol/tasks"
#: Milliseconds between two requests of a client.
_POLL_MS: Final = 1_000
#: Causes of an end that is none of the job's own.
_DIED: Final = frozenset({"lost", "worker_lost", "not_published", "internal_error"})


class TaskParams(types.RequestParams):
    """The parameters of tasks/get, tasks/update and tasks/cancel."""

    task_id: str = Field(alias="taskId", min_length=1)


class TasksExtension(Extension):
    """Tasks are the jobs that agents may start, by their ids.

    Args:
        tools: the tools.
        kept_s: seconds after its creation until which no task is deleted.
    """

    identifier = ID

    def __init__(self, tools: Tools, kept_s: float) -> None:
        self._tools, self._ttl_ms = tools, int(kept_s * 1000)

    def methods(self) -> Sequence[MethodBinding]:
        """The requests about a task."""
        each = {"tasks/get": self._get, "tasks/update": self._update, "tasks/cancel": self._cancel}
        return [MethodBinding(name, TaskParams, handler) for name, handler in each.items()]

    async def intercept_tool_call(
        self, params: types.CallToolRequestParams, ctx: Context, call_next: CallNext
    ) -> HandlerResult:
        """Answers the start of a job with its task, where the request declares the extension."""
        if params.name in self._tools.own or not declared(ctx):
            return await call_next(ctx)
        try:
            body = await self._tools.start(ctx, params.name, params.arguments or {})
        except RequestRefused as refused:
            return refusal(refused)
        return {"resultType": "task", **self._task(body)}

    async def _get(self, ctx: Context, params: TaskParams) -> Body:
        task = self._task(body := await self._read(ctx, params))
        if task["status"] == "failed":
            error = {"code": types.INTERNAL_ERROR, "message": task["statusMessage"]}
            return {**task, "error": {**error, "data": texts.job(body)}}
        if task["status"] != "completed":
            return task
        done = ended(body).model_dump(by_alias=True, mode="json", exclude_none=True)
        return {**task, "result": done}

    async def _update(self, ctx: Context, params: TaskParams) -> Body:
        await self._read(ctx, params)  # no job asks its client for anything
        return {}

    async def _cancel(self, ctx: Context, params: TaskParams) -> Body:
        if not (await self._read(ctx, params))["final"]:
            try:
                await self._tools.cancel(ctx, params.task_id)
            except RequestRefused as refused:
                if refused.code != 409:  # it has ended
                    raise MCPError(types.INVALID_PARAMS, str(refused)) from None
        return {}

    async def _read(self, ctx: Context, params: TaskParams) -> Body:
        """The body of a task; an unknown one and another owner's have the same answer."""
        if not declared(ctx):
            needs: Body = {"requiredCapabilities": {"extensions": {ID: {}}}}
            code = types.MISSING_REQUIRED_CLIENT_CAPABILITY
            raise MCPError(code, f"the request does not declare {ID}", needs)
        name = ctx.request and ctx.request.headers.get(MCP_NAME_HEADER)
        if name and decode_header_value(name) != params.task_id:
            raise MCPError(types.HEADER_MISMATCH, "Mcp-Name is another task's id")
        try:
            body = await self._tools.read(ctx, params.task_id)
        except RequestRefused as refused:
            if refused.code in (401, 429):
                raise MCPError(types.INVALID_REQUEST, str(refused)) from None
            body = {}
        if "again" not in body:
            raise MCPError(types.INVALID_PARAMS, "there is no such task")
        return body

    def _task(self, body: Body) -> Body:
        changed = body["updated_at"] or body["created_at"]
        times = {"createdAt": body["created_at"], "lastUpdatedAt": changed}
        about = {"taskId": body["task_id"], "status": _status(body)}
        about |= {"statusMessage": texts.line(body), **times}
        return {**about, "ttlMs": self._ttl_ms, "pollIntervalMs": _POLL_MS}


def declared(ctx: Context) -> bool:
    """Whether this request declares the extension."""
    meta: Body = dict(ctx.meta or {})
    capabilities = meta.get(types.CLIENT_CAPABILITIES_META_KEY) or {}
    return ID in (capabilities.get("extensions") or {})


def _status(body: Body) -> str:
    if not body["final"]:
        return "working"
    if body["status"] == "cancelled":
        return "cancelled"
    return "failed" if body.get("error_cause") in _DIED else "completed"
