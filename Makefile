# make run    set up, then pull, publish and serve on http://127.0.0.1:8000
# make test   set up, then run the tests
# make demo   sample blogs, the combined feed and a digest, without internet
# make setup  .venv with the locked packages and .venv/bin/syndicator
# make check  lint, types, import contracts, the Dockerfile    make coverage
# make bench  the benchmarks        make lock  write the requirements anew      make clean

PYTHON ?= python3
BIN = .venv/bin
# pip reads where packages come from in its own configuration; nothing here names an index.
# -W ignore: pip warns that feedgen is built the old way, which nobody here can change.
PIP = $(BIN)/python -W ignore -m pip --disable-pip-version-check --no-input

.PHONY: setup run demo test coverage check bench lock clean

setup: .venv/ready

.venv/ready: requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(PIP) install --quiet --require-hashes -r requirements-dev.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

run: setup
	$(BIN)/syndicator run

demo: setup
	$(BIN)/syndicator demo

# A worker for each core, each test file in one piece: what a file starts, it starts once.
test: setup
	$(BIN)/python -m pytest -n auto --dist loadfile

# Branches too, and what the parser's children run.
coverage: setup
	$(BIN)/python -m pytest --cov --cov-report=term

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/hadolint Dockerfile

bench: setup
	$(BIN)/python bench/run.py
	$(BIN)/python bench/delivery.py
	$(BIN)/python bench/crash.py

# requirements.txt is what runs, -demo that and the demonstration, -dev what tests, -build what makes the wheel in the image.
# Extras stay in the lock: pip took coverage[toml] for a requirement that nobody had pinned.
LOCK = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-strip-extras \
	--no-emit-index-url --no-header --python-version 3.11
lock: setup
	$(LOCK) --extra dkim --extra postgres pyproject.toml -o requirements.txt
	$(LOCK) --extra dkim --extra postgres --extra demo pyproject.toml -o requirements-demo.txt
	$(LOCK) --extra dkim --extra postgres --group dev pyproject.toml -o requirements-dev.txt
	$(LOCK) --group build -o requirements-build.txt

clean:
	rm -rf .venv build dist .coverage .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
