"""Plain ASGI middleware, in the order that a request passes it:

observation  trace, metrics and log of the request
access       API key and rate limit
body_limit   size of the body
deadline     time that the request may take; cancelled when it is over or its client leaves
"""
