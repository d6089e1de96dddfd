"""The container's entry for the HTTP and WebSocket API, configured from the environment."""
