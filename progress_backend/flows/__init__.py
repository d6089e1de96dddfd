"""What the library does with a store, as generators of store commands: pure."""
