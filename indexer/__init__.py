"""How does a corpus become something that answers? In the order it runs:

read     corpus/            files of any form -> episodes
encode   encoder/           the text of each episode -> a vector
index    vector_index       vectors -> the nearest of them
publish  snapshot           one immutable, checksummed directory -> CURRENT
"""
