# make run      set everything up, then serve http://localhost:8000 (CATALOGUE=/some/folder: your pictures, in indexes/catalogue-folder)
# make install  only set up; make install-bench: and what `python -m benchmarks.…` needs
# make test     set everything up, then run every test: of Python, of the page, of the page in Chromium
# make check    lint, types, layers, and whether the page knows the API as it is
# make types    write the page's types of the API anew
# make bench    measure the running product beside its peers; two hours; writes docs/benchmarks.md
#
# make image    the container image, by docker (docs/containers.md)
# make audit    known vulnerabilities of the pinned packages
# make lock     hashes of the image's packages, from requirements.txt
#
# TORCH_INDEX   package index with torch's CPU wheels, where pip's own would give the CUDA build
# PORT          where to serve

SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
export PORT
# The many processes that the tests start need not compile the same modules each.
unexport PYTHONDONTWRITEBYTECODE

ENCODER := models/wardrobe-base
DEMO := multi_label_dataset/demo
DEMO_PICTURES := 1200

ifdef CATALOGUE
export INDEX := indexes/catalogue-$(shell basename "$(CATALOGUE)")
else
export INDEX := indexes/demo
endif

PAGE := frontend/dist/index.html
PAGE_SOURCES := $(shell find frontend/src frontend/public -type f ! -name '*.test.*') \
	$(addprefix frontend/,index.html package-lock.json tsconfig.json vite.config.ts)
NPM := npm --prefix frontend

# Before the minutes that setting up may take, and again before serving: who has the port meanwhile would be announced.
CHECK_PORT := ! (: < /dev/tcp/localhost/$(PORT)) 2>/dev/null \
	|| { echo "Port $(PORT) is in use: make run PORT=$$(($(PORT) + 1))" >&2; exit 1; }

.PHONY: run port install install-bench test test-page test-python test-browser check types bench image audit lock index clean

run: port index $(PAGE)
	@$(CHECK_PORT)
	@deploy/announce.sh "$(or $(CATALOGUE),$(DEMO)/images)" & exec $(BIN)/gunicorn

port:
	@$(CHECK_PORT)

install: $(VENV)/installed

install-bench: $(VENV)/installed-bench

# Set-up waits for the network and the disk, so the page is built and tested meanwhile; many tests wait
# for what they started, so those in Chromium run beside.
test:
	@$(MAKE) --no-print-directory --jobs=2 $(VENV)/installed-dev test-page
	@$(MAKE) --no-print-directory --jobs=2 test-python test-browser

test-page: $(PAGE)
	$(NPM) test

test-python: $(VENV)/installed-dev
	$(BIN)/python -m pytest --numprocesses=2 --dist=worksteal

test-browser: $(VENV)/installed-dev $(PAGE)
	$(NPM) run test:browser

check: $(VENV)/installed-dev frontend/node_modules/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(NPM) run check
	@$(BIN)/python -m wardrobe openapi | $(NPM) run --silent types -- --check \
		|| { echo "The API is no longer what frontend/src/api/schema.d.ts says: make types"; exit 1; }

types: $(VENV)/installed frontend/node_modules/installed
	$(BIN)/python -m wardrobe openapi | $(NPM) run --silent types

bench: $(VENV)/installed-bench index $(PAGE)
	$(BIN)/python -m benchmarks.startup
	$(BIN)/python -m benchmarks.serving
	$(BIN)/python -m benchmarks.runtimes --data $(DEMO)
	$(BIN)/python -m benchmarks.scale --keep indexes/scale
	$(BIN)/python -m benchmarks.overload
	$(BIN)/python -m benchmarks.soak
	$(BIN)/python -m benchmarks.queries
	$(BIN)/python -m benchmarks.filters
	$(BIN)/python -m benchmarks.contract
	$(BIN)/python -m benchmarks.swap
	$(BIN)/python -m benchmarks.churn
	$(BIN)/python -m benchmarks.rolling
	$(BIN)/python -m benchmarks.durability
	$(BIN)/python -m benchmarks.durability --storage
	$(BIN)/python -m benchmarks.page
	$(BIN)/python -m benchmarks.report

image:
	docker build --tag wardrobe --build-arg REVISION=$$(git rev-parse HEAD) .

audit: $(VENV)/installed-supply
	$(BIN)/pip-audit --strict --no-deps --disable-pip --requirement deploy/image/full.lock --requirement deploy/image/torch.lock
	$(BIN)/pip-audit --strict --no-deps --disable-pip --requirement deploy/image/tools.lock
	cd frontend && npm audit

LOCK := $(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header --no-annotate
lock: $(VENV)/installed-supply
	grep -v '^torch==' requirements.txt > deploy/image/constraints.tmp
	cd deploy/image && ../../$(LOCK) serve.in --constraint constraints.tmp --output-file serve.lock
	cd deploy/image && ../../$(LOCK) tools.in --output-file tools.lock
	$(LOCK) requirements.txt --no-deps --no-emit-package torch --output-file deploy/image/full.lock
	rm deploy/image/constraints.tmp

ifdef CATALOGUE
index: $(VENV)/installed
	$(BIN)/python build_index.py "$(CATALOGUE)" --encoder $(ENCODER) --out "$(INDEX)"
else
index: indexes/demo/index.json
endif

indexes/demo/index.json: $(DEMO)/manifest.csv $(wildcard $(ENCODER)/*)
	$(BIN)/python build_index.py $(DEMO) --encoder $(ENCODER) --out indexes/demo
	@touch $@

$(DEMO)/manifest.csv: | $(VENV)/installed
	$(BIN)/python prepare_dataset.py drawn --name demo --count $(DEMO_PICTURES)

$(VENV)/installed: requirements.txt | $(VENV)/bin/pip
	$(BIN)/pip install --quiet --no-compile $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) "$$(grep '^torch==' requirements.txt)"
	$(BIN)/pip install --quiet --no-compile --requirement requirements.txt
	$(BIN)/pip install --quiet --no-compile --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	$(BIN)/pip install --quiet --no-compile --requirement requirements-dev.txt
	@touch $@

# Some benchmarks use the tests' oracles.
$(VENV)/installed-bench: benchmarks/requirements.txt $(VENV)/installed-dev
	$(BIN)/pip install --quiet --no-compile --requirement benchmarks/requirements.txt
	@touch $@

$(PAGE): $(PAGE_SOURCES) frontend/node_modules/installed
	$(NPM) run build

frontend/node_modules/installed: frontend/package-lock.json
	@node -e 'const [a, b] = process.versions.node.split("."); process.exit(+a > 20 || (+a === 20 && +b >= 19) ? 0 : 1)' \
		2>/dev/null && npm --version >/dev/null 2>&1 || { echo "The page needs Node 20.19 or newer with npm," \
		"and here is $$(node --version 2>/dev/null || echo none): install it from https://nodejs.org"; exit 1; }
	$(NPM) ci --no-audit --no-fund
	@touch $@

$(VENV)/installed-supply: deploy/image/requirements.txt $(VENV)/installed
	$(BIN)/pip install --quiet --no-compile --requirement deploy/image/requirements.txt
	@touch $@

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Wardrobe needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
		|| { rm -rf $(VENV); echo "Python has no venv module: apt-get install python3-venv"; exit 1; }

clean:
	rm -rf $(VENV) $(DEMO) indexes/demo frontend/dist frontend/node_modules
