"""Adapts an encoder to a corpus without labels, and keeps the adapted one only if it ranks better.

`pairs` makes questions and their texts of the episodes, and `batches` puts pairs together whose
texts can be told apart. `trainer` trains low-rank weights, and `checkpoint` stores how far it is.
`gate` compares base and adapted on podcasts that were held out and on the questions of
`general.json`. `adapters` stores what was trained beside the snapshots, and `adaptation` takes
these steps in order.
"""
