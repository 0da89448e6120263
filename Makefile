# Two commands for everybody: `make run`, `make test`. The others are for developers.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# pip reads local wheel folders (a CPU torch, say) from its own environment; see README, "Develop"
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock

.PHONY: run test lint bench bench-web eval handbooks lock system clean
.DELETE_ON_ERROR:

run: $(VENV)/run.stamp
	@$(BIN)/assistant serve $(SERVE_ARGS)

test: $(VENV)/test.stamp
	@$(BIN)/ruff check assistant tests evals docs
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(PYTEST_ARGS)
	@$(BIN)/assistant eval gate

lint: $(VENV)/test.stamp
	$(BIN)/ruff format assistant tests evals docs
	$(BIN)/ruff check --fix assistant tests evals docs
	$(BIN)/mypy

bench: $(VENV)/test.stamp
	$(BIN)/python evals/bench.py $(BENCH_ARGS)

# load and faults of the web server; BENCH_ARGS chooses parts
bench-web: $(VENV)/test.stamp
	$(BIN)/python evals/bench_web.py $(BENCH_ARGS)

# every question, also as people type it, with a report to read; SET=folder adds a set in BEIR layout
eval: $(VENV)/test.stamp
	$(BIN)/assistant eval gate --variant stripped --variant typo --report reports/eval
	@test -z "$(SET)" || $(BIN)/assistant eval beir $(SET) --variant original --variant stripped --variant typo

# the handbooks shipped as PDF, PPTX and DOCX, and the glossary handbooks, from their sources
handbooks: $(VENV)/test.stamp
	$(BIN)/python docs/handbooks/build.py

lock: $(VENV)/test.stamp
	$(INSTALL) uv
	(echo "# Made with: uv pip compile --all-extras --universal --python-version 3.11 (make lock). Used as constraints by pip."; \
	 $(BIN)/uv pip compile --quiet --all-extras --universal --python-version 3.11 --no-annotate --no-header pyproject.toml) > requirements.new
	mv requirements.new requirements.lock

# Debian packages that more tests and OCR use; without them the tests say what they skip
system:
	apt-get update -qq
	apt-get install -y -qq --no-install-recommends chromium postgresql nodejs tesseract-ocr tesseract-ocr-pol poppler-utils qpdf fonts-dejavu-core libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0

$(VENV)/run.stamp: pyproject.toml requirements.lock
	@test -x $(BIN)/python || (echo "→ environment" && $(PYTHON) -m venv $(VENV))
	@echo "→ dependencies (about a minute the first time)"
	@$(INSTALL) -e .
	@touch $@

$(VENV)/test.stamp: pyproject.toml requirements.lock
	@test -x $(BIN)/python || (echo "→ environment" && $(PYTHON) -m venv $(VENV))
	@echo "→ dependencies with test tools (about three minutes the first time)"
	@$(INSTALL) -e '.[models,oidc,fit,bench,test]'
	@touch $@ $(VENV)/run.stamp

clean:
	rm -rf $(VENV) indexes build reports
