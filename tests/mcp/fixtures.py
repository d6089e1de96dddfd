"""The tools that the conformance suite requires: `python -m tests.mcp.fixtures API PORT TOKEN`."""

import asyncio
import sys
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError

from progress_backend.mcp import server, tasks
from progress_backend.mcp.api import AgentApi
from progress_backend.mcp.serving import over_http
from progress_backend.settings import Settings

Context = ServerRequestContext[Any, Any]


class Fixtures(server.Tools):
    """Two of the suite's tools are none of a job: one is no task, one is refused without tasks."""

    async def ask(self, ctx: Context, method: str, *path: str, **given: Any) -> Any:
        return await self._api.ask(f"Bearer {sys.argv[3]}", method, *path, **given)

    async def call(self, ctx: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        if params.name == "greet":
            return server.result(f"Hello, {(params.arguments or {})['name']}!", {})
        if params.name == "confirm_delete":
            return server.result("deleted", {})
        if params.name == "failing_job" and not tasks.declared(ctx):
            needs = {"requiredCapabilities": {"extensions": {tasks.ID: {}}}}
            raise MCPError(types.MISSING_REQUIRED_CLIENT_CAPABILITY, "no tasks", needs)
        return await super().call(ctx, params)


if __name__ == "__main__":
    server.STARTS = 1_000  # type: ignore[misc]  # more than an agent may
    api = AgentApi(sys.argv[1])
    tools = Fixtures(api, None, False, False)
    tools.own |= dict.fromkeys(("greet", "confirm_delete"), tools.own["job"])
    asyncio.run(over_http(api, tools, "127.0.0.1", int(sys.argv[2]), Settings()))
