# Every target sets up what it needs; a second run starts at once.

PYTHON    ?= python3
VENV      ?= .venv
TORCH     ?= torch==2.13.0
SNAPSHOTS ?= .snapshots
CORPUS    ?= seeds/000_2f0e223b5a2c1814.txt
MODEL     ?= sentence-transformers/all-MiniLM-L6-v2
RERANKER  ?=
DURATION  ?= 3600
HOST      ?= 127.0.0.1
PORT      ?= 8000
WORKERS   ?= 0

RUN       := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
PUBLISHED := $(SNAPSHOTS)/CURRENT

ifneq ($(origin CORPUS),file)
EVALUATED := --corpus $(CORPUS)
BENCHED   := --corpus $(CORPUS)
else
EVALUATED := --data $(or $(DATA),seeds/questions)
endif

.PHONY: help setup index reindex serve test bench torture soak check evaluate verify screenshots clean

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## the virtual environment, with pinned dependencies

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --upgrade pip
	$(RUN) -m pip install --quiet $(TORCH)
	$(RUN) -m pip install --quiet --constraint constraints.txt --editable '.[indexer,dev]'
	@touch $@

index: $(INSTALLED) ## publish CORPUS=path… in SNAPSHOTS=dir, embedded by MODEL=name
	$(RUN) -m indexer build --corpus $(CORPUS) --out $(SNAPSHOTS) --model $(MODEL) \
		$(if $(RERANKER),--reranker $(RERANKER))

reindex: $(INSTALLED) $(PUBLISHED) ## read the corpus in force again and publish what changed
	$(RUN) -m indexer reindex --out $(SNAPSHOTS)

$(PUBLISHED): | $(INSTALLED)
	$(MAKE) index

serve: $(INSTALLED) $(PUBLISHED) ## answer on HOST:PORT with WORKERS processes
	$(RUN) -m service --snapshots $(SNAPSHOTS) --host $(HOST) --port $(PORT) --workers $(WORKERS)

test: $(INSTALLED) ## every test
	$(RUN) -m pytest

bench: $(INSTALLED) ## speed and memory; PEERS=1 against txtai as well, FILTERS=1 what filters cost
	$(RUN) -m tests.benchmarks$(if $(FILTERS),.filtering) --snapshots $(SNAPSHOTS) $(BENCHED) $(if $(PEERS),--peers) $(if $(JSON),--json $(JSON))

torture: $(INSTALLED) ## everything that may happen to a service; JSON=file for the figures
	$(RUN) -m tests.torture --snapshots $(SNAPSHOTS) $(if $(JSON),--json $(JSON))

soak: $(INSTALLED) ## DURATION=seconds of mixed load with reindexing; JSON=file for the figures
	$(RUN) -m tests.torture --soak $(DURATION) --snapshots $(SNAPSHOTS) $(if $(JSON),--json $(JSON))

check: $(INSTALLED) ## ruff, mypy
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m mypy

verify: $(INSTALLED) ## every file of the snapshot in force, against its checksum
	$(RUN) -m indexer verify --out $(SNAPSHOTS)

evaluate: $(INSTALLED) ## ranking on DATA=BEIR folder… or CORPUS=file…; JSON=file keeps the figures; SIMILAR=1: of similar episodes
	$(RUN) -m tests.evaluation$(if $(SIMILAR),.similar) $(EVALUATED) --snapshots $(SNAPSHOTS) $(if $(JSON),--json $(JSON)) $(if $(HIDE),--hide $(HIDE))

screenshots: $(INSTALLED) ## pictures of the page, for the README; needs chromium
	$(RUN) -m tests.page.screenshots

clean: ## remove what was built and installed
	rm -rf $(VENV) $(SNAPSHOTS) .mypy_cache .pytest_cache .ruff_cache build *.egg-info
