"""Builds the index that txtai's API serves; run by the interpreter of txtai's environment.

python txtai_index.py CORPUS MODEL INDEX
"""

import json
import sys
from pathlib import Path


def main(corpus: str, model: str, index: str) -> None:
    from txtai import Embeddings

    records = [json.loads(line) for line in Path(corpus).read_text().splitlines()]
    embeddings = Embeddings(path=model, content=True)
    embeddings.index((record["id"], record["summary"], None) for record in records)
    embeddings.save(index)


if __name__ == "__main__":
    main(*sys.argv[1:])
