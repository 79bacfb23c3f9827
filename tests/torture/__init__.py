"""Does it keep answering, whatever happens to it? `python -m tests.torture`, or `make torture`.

row          what a torture is: a place to run in, how much of it, and the row of the table it fills
editions     two snapshots that tell in every answer which of them it was taken from
load         clients that ask without pause and judge what they are told
crowd        clients that ask whatever becomes of it, timed by the kernel
service      the real process; `processes` what the kernel knows of it; `builder` builds beside it

swaps        one snapshot after the other, under all the load there can be
damage       every file with a bit flipped, cut short, and gone
kills        builder and server ended at any moment, and started again
overload     ten times as many questions as can be answered
conformance  what schemathesis can make of the service's own description
model        what the answers say, held to what a reader would count by hand
hostile      what no well-meaning client sends
soak         everything a client does, for an hour, while the corpus is built again and again
"""
