"""The HTTP and WebSocket API as a service."""
