"""Stores: the drivers that run store commands on Redis or in memory."""
