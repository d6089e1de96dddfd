"""Flows: generators that yield a store's calls and decide from the replies what follows; pure."""
