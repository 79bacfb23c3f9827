"""How does a corpus become something that answers? In the order it runs:

read     corpus/            files of any form -> episodes
merge    duplicates         an episode in two places -> one that lists both
tell     languages          which it is in, where its feed does not say
encode   embedding, encoder/   their texts -> vectors, of which embedding_cache keeps every one
index    lexical_index, vector_index, evidence   what a question is answered from
relate   series, map/       the parts of one story; a picture of the whole
calibrate  calibration/    what a score is worth, by questions whose answers are known
publish  snapshot           one immutable, checksummed directory
compare  comparison         does it answer as the one in force does? -> CURRENT

`fusion` ranks by a question, `likeness` by examples.
"""
