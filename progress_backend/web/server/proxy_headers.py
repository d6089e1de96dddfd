"""Headers of trusted proxies: `X-Forwarded-For`, `-Proto` and `-Host`."""

from __future__ import annotations

from typing import Any

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from ..access import FORWARDED_HOST


class Proxied(ProxyHeadersMiddleware):
    """uvicorn's proxy middleware, which also takes the host that the client asked for.

    The `Host` header is not changed: `access` checks it, too.
    """

    def __init__(self, app: Any, trusted_hosts: str) -> None:
        super().__init__(app, trusted_hosts)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Takes over the headers of a trusted peer; a request without them costs one check."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        forwarded = False
        for name, value in scope["headers"]:
            if name.startswith(b"x-forwarded-"):
                forwarded = True
                if name == b"x-forwarded-host" and self._trusts(scope):
                    first = value.partition(b",")[0].strip()
                    scope["extensions"] = {**scope.get("extensions", {}), FORWARDED_HOST: first}
        if forwarded:
            await super().__call__(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _trusts(self, scope: Any) -> bool:
        client = scope.get("client")
        return client is not None and client[0] in self.trusted_hosts
