"""What is decided between several calls of a store, as generators of them: pure."""
