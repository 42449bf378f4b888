# Netloom. `make run` opens the window, `make test` runs the tests; both set everything up first.
#
#   make run [FILE=drawing.netloom]     make test [ARGS="-k canvas"]     make setup [PYTHON=/path/to/python3]

PYTHON_BIN := .venv/bin/python
export PYTHON PIP_ARGS

# The tests run on every core (tests/README.md). A test that ends its process, by a crash or by hanging, fails and is
# named; the third such ends the run. What is compiled is kept, even for a user who keeps nothing: every process and
# every program that a test starts would compile all of it again.
SPREAD := -n auto --dist worksteal --max-worker-restart 2

.DEFAULT_GOAL := help
.PHONY: help setup run test demo bench lint format screenshots clean distclean

help:
	@echo "make run          open the window (FILE=drawing.netloom opens that drawing)"
	@echo "make demo         train LeNet on handwritten digits without a window; pictures in runs/demo/"
	@echo "make test         all tests, on every core (ARGS='tests/core -k undo' picks some, ARGS=-n0 takes one core)"
	@echo "make bench        how fast it is, next to the same thing written by hand"
	@echo "make lint         style, types and the direction of imports"
	@echo "make format       puts the source into the agreed layout"
	@echo "make screenshots  takes the pictures of the README with the real window"
	@echo "make setup        the set-up alone (PYTHON=... chooses the Python)"
	@echo "make clean        removes caches; make distclean removes .venv too"

setup:
	@sh tools/setup.sh

run: setup
	@$(PYTHON_BIN) main.py "$(or $(FILE),lenet_digits)"

test:
	@sh tools/setup.sh --test
	PYTHONDONTWRITEBYTECODE= $(PYTHON_BIN) -m pytest $(if $(findstring no:xdist,$(ARGS)),,$(SPREAD)) $(ARGS)

demo: setup
	@$(PYTHON_BIN) -m app.cli.demo

bench:
	@sh tools/setup.sh --test
	@$(PYTHON_BIN) -m tests.benchmarks

# Every check runs, also after a failed one, so that one call shows everything there is to mend.
lint: setup
	@status=0; \
	for check in "ruff check ." "ruff format --check ." mypy lint-imports; do \
		echo "$$check"; .venv/bin/$$check || status=1; \
	done; exit $$status

format: setup
	@.venv/bin/ruff check --fix . ; .venv/bin/ruff format .

screenshots:
	@sh tools/setup.sh --test
	@$(PYTHON_BIN) -m tools.screenshots

clean:
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks
	find . -path ./.venv -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean
	rm -rf .venv
