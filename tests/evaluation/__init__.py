"""How good is the ranking? `python -m tests.evaluation`, or `make evaluate`."""
