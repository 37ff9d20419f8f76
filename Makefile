# Two commands matter to a new user: "make serve" and "make test".

PYTHON ?= python3
VENV := .venv/bin
UV_COMPILE := $(VENV)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --only-binary :all: --no-annotate --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock"

# In the language of the terminal, as the command line does.
comma := ,
said = case "$${LC_ALL:-$${LC_MESSAGES:-$$LANG}}" in ja*) echo '$(2)';; *) echo '$(1)';; esac

.PHONY: help serve test backups damage replicas bundle bundle-check check lint types contracts format lock corpus install install-dev python

help:
	@echo 'make serve   install, index the corpus and serve http://127.0.0.1:8000'
	@echo '             (SERVE_ARGS="--port 8080" for another port, MODELS=1 with'
	@echo '             what TEBIKI_EMBEDDING and TEBIKI_RERANKER need)'
	@echo 'make test    install and run the tests (TEST_PROCESSES=1 one after the other)'
	@echo 'make backups back up at 20 moments of a refresh, and answer from each copy'
	@echo 'make damage  read 2,000 damaged Office files and web pages and 500 PDFs: each is read or named'
	@echo 'make replicas share an index between two servers and two refreshers, and kill'
	@echo '             one of the four, 50 times (wants PostgreSQL)'
	@echo 'make bundle  pack everything for a closed network (BUNDLE=FILE), and'
	@echo '             make bundle-check try it in a network without a way out'
	@echo 'make check   lint, types and contracts'
	@echo 'make format  put the code into the house format'
	@echo 'make corpus  typeset the bundled digests from their sources'
	@echo 'make lock    choose the locked versions anew (UPGRADE=--upgrade for the newest)'

# A file that could not be read is named and the rest is indexed: that is served.
serve: install
	@$(call said,Reading what is new in the corpus ($(VENV)/tebiki refresh) ...,文書のうち新しいものを読みます（$(VENV)/tebiki refresh）)
	@$(VENV)/tebiki refresh || $(call said,Not everything could be indexed (above)$(comma) serving what could.,一部は索引に入りませんでした（上の表示）。入ったものを使います。)
	@exec $(VENV)/tebiki serve $(SERVE_ARGS)

# Half of them wait for others most of the time: two processes share them, whoever is done
# takes from the other.
TEST_PROCESSES ?= 2

test: install-dev
	@$(VENV)/python -m pytest -n $(TEST_PROCESSES) --dist worksteal $(PYTEST_ARGS)

# Three in the tests, twenty here.
backups: install-dev
	@TEBIKI_TEST_BACKUPS=20 $(VENV)/python -m pytest -q tests/tebiki/test_backup.py -k during $(PYTEST_ARGS)

# 500 Office files and 27 PDFs in the tests, 2,000 and 500 here.
damage: install-dev
	@TEBIKI_TEST_DAMAGED=2000 $(VENV)/python -m pytest -q tests/ingest/office/test_damage.py $(PYTEST_ARGS)
	@$(VENV)/python -m tests.mutations 500

# 3 in the tests, 50 here.
replicas: install-dev
	@TEBIKI_TEST_REPLICAS=50 $(VENV)/python -m pytest -q -s tests/index/refresh/test_replicas.py $(PYTEST_ARGS)

BUNDLE ?= tebiki.tar

bundle: install
	@$(VENV)/tebiki bundle $(BUNDLE) $(BUNDLE_ARGS)

# Install, refresh, serve, ask, update and go back where there is no way out.
bundle-check:
	@$(PYTHON) .ci/bundle_check.py $(BUNDLE)

check: lint types contracts

lint: install-dev
	@$(VENV)/ruff check
	@$(VENV)/ruff format --check

types: install-dev
	@$(VENV)/mypy

contracts: install-dev
	@$(VENV)/lint-imports

format: install-dev
	@$(VENV)/ruff check --fix-only --quiet
	@$(VENV)/ruff format

# The dev lock decides first, so that no two name different versions. torch
# has locks of its own; the last of these four asks for it with its CUDA libraries.
# Any .venv with uv will do: a dependency just added cannot be installed before it is locked.
lock: $(VENV)/uv
	@$(UV_COMPILE) $(UPGRADE) pyproject.toml --extra models --extra traces --group build --group dev \
		--no-emit-package torch -o requirements-dev.lock
	@$(UV_COMPILE) pyproject.toml --group build -c requirements-dev.lock \
		-o requirements.lock
	@$(UV_COMPILE) pyproject.toml --extra models --group build -c requirements-dev.lock \
		--no-emit-package torch -o requirements-models.lock
	@sed -n 's/^ *"\(torch==[^"]*\)".*/\1/p' pyproject.toml | $(UV_COMPILE) - --no-config \
		-c requirements-dev.lock -o requirements-torch.lock

$(VENV)/uv:
	@$(MAKE) install-dev

corpus: install-dev
	@$(VENV)/python corpus/starter/build.py

install: python
	@$(PYTHON) .ci/install.py $(if $(MODELS),--models)

install-dev: python
	@$(PYTHON) .ci/install.py --dev

python:
	@command -v $(PYTHON) >/dev/null || { \
		echo 'There is no $(PYTHON) here. Tebiki needs Python 3.11 or newer with venv:' \
		'sudo apt-get install python3-venv' >&2; exit 1; }
