"""Webhooks: the process that sends the events of ends and remarks to their targets."""
