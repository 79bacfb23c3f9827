"""Tests reliability: `python -m tests.torture`, or `make torture`.

row          the interface of a torture: where it runs, how long, and the table row that it fills
editions     two snapshots whose answers show which of the two they come from
load         clients that ask without pause and check every answer
crowd        clients that ask at a fixed rate, timed by the kernel
drift        compares memory and descriptors of a service at the beginning and at the end
service      starts the real service; `processes` reads /proc, `builder` builds in another process

swaps        publishes one snapshot after another under full load
damage       flips a bit of every file, truncates it, and removes it
kills        kills build and service at random moments and starts them again
overload     ten times as many questions as can be answered
conformance  requests that schemathesis generates from the OpenAPI document
model        compares answers with those that a simple model computes
feeds        feeds that change, fail and move, read round after round
watches      kills a watch at random moments and starts it again
worst        the most expensive requests that are allowed, and memory under them for ten minutes
hostile      malformed, slow and oversized requests
soak         all kinds of requests for an hour, while snapshots are built again and again
"""
