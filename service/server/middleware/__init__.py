"""ASGI middleware, in the order in which a request passes it:

observation  traces, counts and logs the request
access       checks the API key and the rate limit
body_limit   limits the size of the body
deadline     cancels the request when its time is over or its client disconnects
head         answers HEAD as GET
failure      answers where the application fails
sending      tells deadline and failure whether an answer has begun
"""
