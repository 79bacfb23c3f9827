"""What does growth cost? `python -m tests.benchmarks.scale`, or `make bench-scale`.

likeness   made-up vectors that lie as those of real episodes and titles do
stages     one size of the index: built, then opened and asked, each in a process of its own
corpora    made-up episodes, whose words spread as those of real ones do
given      an encoder whose vectors are made up too, and cost next to nothing
whole      one size of everything: built by the real pipeline, opened, served, asked over HTTP
report     a row a size, and a plot of them
"""
