"""A package that cannot be imported."""

raise RuntimeError("not configured")
