"""Redis and memory: the drivers that carry commands out."""
