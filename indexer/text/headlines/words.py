"""The words of a headline and the marks around it."""

import re

WORD = re.compile(r"[^\W_]+(?:['\u2019.&+#-][^\W_]+)*[+#]*")
MARKS = "\"'\u201c\u2018*\u2022\u00b7\u2013\u2014-_=~>#| "
# What may not end a headline.
DANGLING = frozenset(
    "a an the of to in on at by for with from and or but as is are was were be been that which who "
    "whom whose his her their its our my your this these those how why what when where while so "
    "such into about between than then if not no more most very both including like after before "
    "he she they we i you it has have had can will would could should using through over".split()
)


def capitalised(text: str) -> str:
    """With a capital at its beginning, but iPhone stays as it is."""
    first = text.partition(" ")[0]
    return text[:1].upper() + text[1:] if first.islower() else text
