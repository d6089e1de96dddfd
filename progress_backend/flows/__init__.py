"""What is asked of a store, as generators and commands: pure."""
