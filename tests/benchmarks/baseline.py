"""The simplest implementation: encode() and a flat index behind FastAPI.

python -m tests.benchmarks.baseline CORPUS MODEL INDEX PORT

The first start embeds CORPUS and writes INDEX; later starts read INDEX.
"""

import json
import sys
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI


def create_app(corpus: Path, model_path: str, index_file: Path) -> FastAPI:
    import faiss
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(model_path)
    episodes = [json.loads(line) for line in corpus.read_text().splitlines()]
    if index_file.exists():
        index: Any = faiss.read_index(str(index_file))
    else:
        vectors = model.encode([episode["summary"] for episode in episodes])
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        faiss.write_index(index, str(index_file))
    app = FastAPI()

    @app.get("/search")
    def search(q: str, k: int = 10) -> list[dict[str, Any]]:
        scores, rows = index.search(model.encode([q]), min(k, len(episodes)))
        return [
            {"score": float(score), "episode": episodes[row]}
            for score, row in zip(scores[0], rows[0], strict=True)
        ]

    return app


if __name__ == "__main__":
    app = create_app(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[4]), access_log=False)
