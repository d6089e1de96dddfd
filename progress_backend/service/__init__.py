"""The specification's services and notifiers for asyncio code."""
