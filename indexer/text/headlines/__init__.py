"""Makes headlines for episodes without a title.

`headline` chooses a sentence of the summary, of which `introduction` reads who speaks about what;
`shortening` cuts it to a headline's length. `words` has what they share.
"""
