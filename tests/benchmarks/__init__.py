"""How fast, how large, how soon? `python -m tests.benchmarks`, or `make bench`.

material    the episodes every system serves, and what each system makes of them beforehand
texts       made-up episodes, and questions that no cache has seen
systems     what is compared: this service, `baseline`, and with `--peers` txtai (`peers`)
servers     one system's process: started, watched, ended
load        the generator, a process of its own; `null_server` shows where its own limit lies
encoding    encoders without HTTP, each in a process of its own
rounds      every system in turn, several times over, so that a busy moment strikes them alike
rebuild     what the next build costs, by itself: `make bench-rebuild`
report      the medians as a table, and their ratios against what was wanted
filtering   what filters cost and whether they lose anything; and hybrid beside dense alone
machine     on what, with which versions, from which commit
"""
