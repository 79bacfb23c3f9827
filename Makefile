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
EVERY     ?= 15m
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

BUILDING  := $(if $(DEVICE),--device $(DEVICE)) $(if $(EMBED_WITH),--embed-with $(EMBED_WITH)) $(if $(RECALL),--recall $(RECALL)) \
             $(if $(MAX_LOST),--max-lost $(MAX_LOST)) $(if $(KEEP),--keep-episodes $(KEEP)) \
             $(if $(TRANSCRIPTS),--transcripts) $(if $(MAP),--map '$(MAP)') $(if $(INDEX),--index $(INDEX))
ADAPTING  := $(if $(ADAPT),--adapt) $(if $(ADAPT_MINUTES),--adapt-minutes $(ADAPT_MINUTES))

.PHONY: help setup index reindex watch diff rollback push serve test test-distributed test-everywhere bench bench-rebuild bench-scale torture soak \
	check evaluate verify audit licences test-lowest screenshots clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## create the virtual environment, with pinned dependencies

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --upgrade pip
	$(RUN) -m pip install --quiet $(TORCH)
	$(RUN) -m pip install --quiet --constraint constraints.txt --editable '.[indexer,dev]'
	@touch $@

index: $(INSTALLED) ## index CORPUS=path… and publish in SNAPSHOTS=dir; MODEL=name, QUERY_MODEL=name, RERANKER=name, RECALL=0.98, MAP='summary=Show Notes', TRANSCRIPTS=1, ADAPT=1
	$(RUN) -m indexer build --corpus $(CORPUS) --out $(SNAPSHOTS) --model $(or $(DOCUMENT_MODEL),$(MODEL)) \
		$(if $(QUERY_MODEL),--query-model $(QUERY_MODEL)) $(if $(DIMENSIONS),--dimensions $(DIMENSIONS)) $(if $(RERANKER),--reranker $(RERANKER)) $(BUILDING) $(ADAPTING)

reindex: $(INSTALLED) $(PUBLISHED) ## read the same corpus again and publish changes; MAX_CHURN=0..1 limits them; ADAPT=1
	$(RUN) -m indexer reindex --out $(SNAPSHOTS) $(if $(MAX_CHURN),--max-churn $(MAX_CHURN)) $(BUILDING) $(ADAPTING)

watch: $(INSTALLED) $(PUBLISHED) ## read the corpus again EVERY=15m, each feed when it is due, and publish; TEXTFILE=watch.prom
	$(RUN) -m indexer watch --out $(SNAPSHOTS) --every $(EVERY) $(if $(TEXTFILE),--textfile $(TEXTFILE)) \
		$(if $(MAX_CHURN),--max-churn $(MAX_CHURN)) $(BUILDING)

diff: $(INSTALLED) ## compare the newest snapshot that is not in force with the one that is; QUESTIONS=file
	$(RUN) -m indexer diff --out $(SNAPSHOTS) $(if $(QUESTIONS),--questions $(QUESTIONS)) $(if $(INDEX),--index $(INDEX))

rollback: $(INSTALLED) ## put the previous snapshot in force again; a running service follows
	$(RUN) -m indexer rollback --out $(SNAPSHOTS) $(if $(INDEX),--index $(INDEX))

push: $(INSTALLED) $(PUBLISHED) ## put the snapshot in force in an object store, TO=s3://bucket/prefix
	$(RUN) -m indexer push --out $(SNAPSHOTS) $(TO)

$(PUBLISHED): | $(INSTALLED)
	$(MAKE) index

serve: $(INSTALLED) $(PUBLISHED) ## answer on HOST:PORT with WORKERS processes; INDEX=milvus://host:19530/name, here and in index, keeps the vectors there
	$(RUN) -m service --snapshots $(SNAPSHOTS) --host $(HOST) --port $(PORT) --workers $(WORKERS) $(if $(INDEX),--index $(INDEX))

test: $(INSTALLED) ## run every test
	$(RUN) -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal --ignore tests/test_load.py --ignore tests/distributed
	$(RUN) -m pytest tests/test_load.py

test-distributed: $(INSTALLED) ## test clusters of Ray, with a node killed midway, and a server and a cluster of Milvus; installs all
	$(RUN) -m pip install --quiet --constraint constraints.txt 'ray[client]==2.60.0'
	REQUIRE_MILVUS=1 $(RUN) -m pytest tests/distributed tests/indexer/index/engine

test-everywhere: $(INSTALLED) ## run the tests with other arithmetic, on one core, busy, not as root, on other Pythons; VARIANTS="busy …"
	$(RUN) -m tests.everywhere $(VARIANTS)

bench: $(INSTALLED) ## measure speed and memory; PEERS=1: also of txtai; FILTERS=1: the cost of filters
	$(RUN) -m tests.benchmarks$(if $(FILTERS),.filtering) --snapshots $(SNAPSHOTS) $(BENCHED) $(if $(PEERS),--peers) $(if $(JSON),--json $(JSON))

bench-rebuild: $(INSTALLED) ## measure builds of EPISODES=n when 1% and when nothing has changed
	$(RUN) -m tests.benchmarks.rebuild --snapshots $(SNAPSHOTS) $(if $(EPISODES),--episodes $(EPISODES))

torture: $(INSTALLED) ## test reliability under load, damage and kills; JSON=file for the figures
	$(RUN) -m tests.torture --snapshots $(SNAPSHOTS) $(if $(JSON),--json $(JSON))

soak: $(INSTALLED) ## mixed load with reindexing for DURATION=seconds; JSON=file for the figures
	$(RUN) -m tests.torture --soak $(DURATION) --snapshots $(SNAPSHOTS) $(if $(JSON),--json $(JSON))

bench-scale: $(INSTALLED) ## measure the cost of growth; SIZES="10000 … 10000000" of the index, EPISODES="1000 … 1000000", RECALL=0.98, JSON=file
	$(RUN) -m tests.benchmarks.scale --snapshots $(SNAPSHOTS) $(if $(SIZES),--sizes $(SIZES)) \
		$(if $(EPISODES),--episodes $(EPISODES)) $(if $(RECALL),--recall $(RECALL)) $(if $(JSON),--json $(JSON))

check: $(INSTALLED) audit ## run ruff, mypy and the audit
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m mypy

test-lowest: $(INSTALLED) ## test the lowest versions of the dependencies that are allowed; INDEXER=1: also of the indexer's
	$(RUN) -m tests.lowest $(if $(INDEXER),--indexer)

audit: $(INSTALLED) ## list known vulnerabilities of the dependencies
	$(RUN) -m tests.audit constraints.txt

licences: $(INSTALLED) ## list the licence of each dependency
	$(VENV)/bin/pip-licenses --order=license

verify: $(INSTALLED) ## check every file of the snapshot in force against its checksum
	$(RUN) -m indexer verify --out $(SNAPSHOTS)

evaluate: $(INSTALLED) ## measure the ranking on DATA=BEIR folder… or CORPUS=file…; JSON=file; SAMPLES=1: also small samples; SIMILAR=1: of similar episodes; MOMENTS=folder; ADAPT=1
	$(if $(MOMENTS),$(RUN) -m tests.evaluation.moments $(MOMENTS) --snapshots $(SNAPSHOTS) $(if $(DATA),--judged $(DATA)) $(if $(filter command line,$(origin CORPUS)),--corpus $(CORPUS)),$(RUN) -m tests.evaluation$(if $(SIMILAR),.similar,$(if $(ADAPT),.adapted)) $(EVALUATED) --snapshots $(SNAPSHOTS) \
		$(if $(SIMILAR),$(if $(HIDE),--hide $(HIDE)),$(if $(ADAPT),$(if $(DATA),--judged $(DATA)) $(if $(ADAPT_MINUTES),--adapt-minutes $(ADAPT_MINUTES)),$(if $(SAMPLES),--samples) $(if $(JSON),--json $(JSON)))))

screenshots: $(INSTALLED) ## take pictures of the web page for the README; needs chromium
	$(RUN) -m tests.page.screenshots

clean: ## remove everything that was built and installed
	rm -rf $(VENV) $(SNAPSHOTS) .mypy_cache .pytest_cache .ruff_cache build *.egg-info
