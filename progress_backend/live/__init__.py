"""Updates of tasks for those who watch them."""
