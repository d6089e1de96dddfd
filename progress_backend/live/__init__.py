"""Task updates from Redis to the WebSockets and event streams of this process."""
