"""What a record is, and what may happen to it: pure rules."""
