"""Updates over WebSockets and server-sent events."""
