"""Runs work in several processes (`parallel`) and shows its progress (`progress`).

`quiet_logging` silences libraries that log too much.
"""
