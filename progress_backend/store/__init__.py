"""Stores: the drivers that carry out calls on Redis."""
