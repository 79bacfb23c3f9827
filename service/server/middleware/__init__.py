"""What a request passes before it reaches a route. In the order it passes:

observation  its trace, what it is counted as, and what the log says of it
access       whose key it has, and whether they ask too often
body_limit   how large it may be
deadline     how long it may take; then, or when its client leaves, its work is dropped

Plain ASGI, a few microseconds each.
"""
