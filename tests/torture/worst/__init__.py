"""The worst that a legal request can ask for: what it costs, and what it leaves behind.

corpus     episodes that make requests costly: few podcasts, long texts, reruns, one long story
requests   the worst legal requests of every route, by name
times      each asked of a served process: answered or refused in time, and the worker free again
memory     all of them again and again, beside hostile input: what the worker holds
"""
