"""Does it keep answering, whatever happens to it? `python -m tests.torture`, or `make torture`.

row         what a torture is: a place to run in, how much of it, and the row of the table it fills
"""
