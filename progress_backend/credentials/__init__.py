"""Tokens of callers, and targets of webhooks: from variables, or from files that are read again."""
