"""Stores: the drivers that run store commands on Redis."""
