# Two commands do everything: 'make run' opens the desk, 'make test' proves it works.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: run test test-train check install clean

run: $(VENV)/.installed
	$(BIN)/claimwatch run --demo

test: $(VENV)/.installed-dev browser
	$(BIN)/pytest -n 2 --dist loadfile

# The training code needs torch (the train extra), which the desk never does.
test-train: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --quiet --editable '.[dev,train]'
	$(BIN)/pytest tests_train

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

install: $(VENV)/.installed

# The browser tests drive an installed Chromium or Chrome; where there is none, Playwright brings its own.
.PHONY: browser
browser: $(VENV)/.installed-dev
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
		|| $(BIN)/playwright install --with-deps chromium

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || (echo "Claimwatch needs Python 3.11 or newer." && exit 1)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.installed: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
