"""Measures speed and memory: `python -m tests.benchmarks`, or `make bench`.

material    the episodes that every system serves, and the index of each system
texts       synthetic episodes, and questions that are in no cache
systems     the compared systems: this service, `baseline`, and with `--peers` txtai (`peers`)
servers     runs the process of a system and measures it
runs       one run of a server, from its start through all loads
load        the load generator, a separate process; `null_server` measures the generator's own limit
encoding    encoders without HTTP, each in a separate process
rounds      runs every system in turn, several times, so that other load affects all alike
ratios      the ratios between systems, and their targets
report      the medians as tables, and the ratios
rebuild     the cost of a rebuild: `make bench-rebuild`
filtering   the cost and the recall of filters; hybrid compared with dense search
machine     processor, versions and commit
scale       the cost of growing corpora: `make bench-scale`
"""
