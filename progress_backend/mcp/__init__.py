"""The jobs of an API as tools for agents (Model Context Protocol), in a process of its own."""
