PYTHON := .venv/bin/python

.PHONY: refresh
refresh:  ## execute notebooks in place: all, or PAGE=transformer/attention
	@$(PYTHON) -m book.refresh $(PAGE)
