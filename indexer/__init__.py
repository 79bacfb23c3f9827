"""How does a corpus become something that answers? In the order it runs:

read     reading, corpus/   files of any form -> episodes with their languages, of which
         readings           those that say what they said are not read again
         duplicates         each once, with the other places it is in
encode   embedding, encoder/   their texts -> vectors, of which embedding_cache keeps every one
                            and predecessor what stands under what has not changed
index    words, lexical_index, vector_index, evidence   what a question is answered from
relate   series, map/       the parts of one story; a picture of the whole
calibrate  calibration/    what a score is worth, by questions whose answers are known
publish  snapshot           one immutable, checksummed directory
compare  comparison         does it answer as the one in force does? -> CURRENT

`build` runs it all, `making` what comes between reading and publishing. What Python computes,
`processes` share. `fusion` ranks by a question, `likeness` by examples.
"""
