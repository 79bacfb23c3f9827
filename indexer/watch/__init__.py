"""Keeps an index fresh: asks each feed when it is due and publishes what is new, round by round."""
