"""Webhooks: the process that sends the events of ends and warnings to their targets."""
