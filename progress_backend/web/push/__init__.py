"""Task updates over WebSockets and server-sent events."""
