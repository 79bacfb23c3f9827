"""What the service answers, held to what a reader of its corpus would count by hand.

Hypothesis draws legal corpora and legal requests, and shrinks what fails.

corpora    records of every shape: fields that lack, copies in other feeds, parts of stories
requests   what may be asked of a corpus
by_hand    filters, facets and order, told from the records alone
listing    the app in this process, and what it lists of itself
checks     what must be true of each answer
examples   as many as wanted
"""
