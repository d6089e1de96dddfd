"""Abuse of a service while others watch: `make abuse`."""
