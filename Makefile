# Short names for the plain commands of the README.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/ready

.PHONY: book pdf test test-fast lab edit execute bench lock clean

book: $(READY)                  ## build the site and serve it
	$(BIN)/jupyter-book build . -W -n --keep-going
	$(BIN)/python tools/serve.py

pdf: $(READY)                   ## build the site and print it, a file for each chapter, into _build/pdf
	$(BIN)/jupyter-book build . -W -n --keep-going
	$(BIN)/python tools/pdf.py

test: $(READY)                  ## everything: the library, every notebook, the site and the lab in a browser
	$(BIN)/python -m pytest --nbval -n 2 --dist loadfile

test-fast: $(READY)             ## without notebooks and browsers
	$(BIN)/python -m pytest tests -m "not slow" -n 2 --dist loadfile

lab: $(READY)                   ## a working copy of the chapters in JupyterLab
	$(BIN)/python tools/lab.py

edit: $(READY)                  ## the chapters themselves in JupyterLab
	$(BIN)/python tools/lab.py --edit

execute: $(READY)               ## run the chapters and store their outputs
	$(BIN)/python tools/execute.py

$(READY): requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

bench: $(READY)                 ## speed against Keras and against bare matrix products
	$(BIN)/python tools/bench.py

lock: $(READY)                  ## compile requirements.txt from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra book --extra test --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-header --no-strip-extras --upgrade --output-file requirements.txt

clean:                          ## what building and testing left behind, not the environment
	rm -rf _build .pytest_cache .hypothesis .ruff_cache .coverage
