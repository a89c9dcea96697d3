# From Attention to Emissions. `make book` and `make test` are all that a newcomer needs; `make help` lists the rest.
PYTHON := .venv/bin/python
READY  := .venv/.ready
PAGE   ?=
N      ?= 400
SEED   ?= 0

# One setting for every run: two threads, which wait awake for some microseconds and then sleep. Never sleeping
# stops everything else on two cores; sleeping at once makes a training step 1.7 times as long.
export OMP_NUM_THREADS ?= 2
export GOMP_SPINCOUNT ?= 10000

SITE   := _build/html/.built
INPUTS := $(shell find chapters book references.bib _config.yml _toc.yml -type f ! -path '*/.ipynb_checkpoints/*' \
            ! -path '*/__pycache__/*' 2>/dev/null) $(wildcard .git/config)

.DEFAULT_GOAL := help
.PHONY: help book test lab serve refresh student bench mutants lint

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' Makefile

$(READY): requirements.txt requirements-models.txt pyproject.toml book/venv.sh
	@sh book/venv.sh

book: $(SITE)  ## build the site into _build/html and say where to open it
	@echo "Open file://$(CURDIR)/_build/html/index.html in a browser, or run make serve."

$(SITE): $(READY) $(INPUTS)
	@$(PYTHON) -m book.build
	@touch $@

test: $(READY) lint  ## check everything: lint, types, library, pages, site
	@$(PYTHON) -m pytest

lab: student  ## open the course in JupyterLab, without answers, at the introduction
	@$(PYTHON) -m book.lab

serve: book  ## show the built site on http://localhost:8000 (or PORT=8001)
	@$(PYTHON) -m book.serve $(PORT)

refresh: $(READY)  ## execute notebooks in place: all, or PAGE=transformer/attention
	@$(PYTHON) -m book.refresh $(PAGE)

student: $(READY)  ## write notebooks without answers into _build/student
	@$(PYTHON) -m book.student

bench: $(READY)  ## time our training step beside Hugging Face's
	@$(PYTHON) -m book.bench

mutants: $(READY)  ## try N=400 mutants of the library, drawn with SEED=0, and list those that no test sees
	@OMP_NUM_THREADS=1 $(PYTHON) -m tests.mutants $(N) $(SEED)

lint: $(READY)  ## ruff and mypy
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy
