"""What does growth cost? `python -m tests.benchmarks.scale`, or `make bench-scale`.

likeness   made-up vectors that lie as those of real episodes and titles do
stages     one size: its index built, then opened and asked, each in a process of its own
report     a row a size, and a plot of them
"""
