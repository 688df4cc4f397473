# make run     set everything up, then the demo park with the desk (without a display: the day of the tour, headless)
# make test    set everything up, then every check and every test, the slow ones last
# make quick   the same without the slow tests
# make setup   only set up          make lock   take newer versions into requirements.lock
# make format  put the code in form make clean  take away what was made here, the data of .run too

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test quick check setup system-libraries lock format clean

BIN := .venv/bin
STAMP := .venv/.set-up
SIDE_BY_SIDE := -n auto --maxprocesses 4
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# A display counts only where a program could show something on it: macOS and Windows always have one.
HAS_DISPLAY := $(if $(filter-out Linux,$(shell uname -s))$(DISPLAY)$(WAYLAND_DISPLAY),yes)

# soname=Debian package, what Qt loads at run time (the wheels bring the rest).
OFFSCREEN_LIBRARIES := libglib-2.0.so.0=libglib2.0-0 libGL.so.1=libgl1 libEGL.so.1=libegl1 \
  libfontconfig.so.1=libfontconfig1 libxkbcommon.so.0=libxkbcommon0 libdbus-1.so.3=libdbus-1-3
X11_LIBRARIES := libxkbcommon-x11.so.0=libxkbcommon-x11-0 libxcb-cursor.so.0=libxcb-cursor0 \
  libxcb-icccm.so.4=libxcb-icccm4 libxcb-image.so.0=libxcb-image0 libxcb-keysyms.so.1=libxcb-keysyms1 \
  libxcb-render-util.so.0=libxcb-render-util0 libxcb-xkb.so.1=libxcb-xkb1 libxcb-shape.so.0=libxcb-shape0 \
  libxcb-randr.so.0=libxcb-randr0
APT_INSTALL := apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0
LIBRARIES := $(OFFSCREEN_LIBRARIES) $(if $(HAS_DISPLAY),$(X11_LIBRARIES))

help:
	@sed -n '1,/^$$/s/^# \{0,1\}//p' $(firstword $(MAKEFILE_LIST))

run: setup
ifeq ($(HAS_DISPLAY),yes)
	@$(BIN)/zhuqitong demo
else
	@$(BIN)/zhuqitong tour --out .run/tour
	@echo "No display here, so the day was told headless. Pictures of every step and the PDFs: $(CURDIR)/.run/tour"
endif

test: check
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

quick: check
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "not slow"

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

setup: system-libraries $(STAMP)

# Python 3.11 or newer, by whatever name it goes.
$(BIN)/python:
	@for name in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	  if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$name; break; fi; \
	done; \
	if [ -z "$${python:-}" ]; then echo "Python 3.11 or newer is needed and was not found." >&2; exit 1; fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
	  package="$$("$$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"; \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    $(APT_INSTALL) "$$package" >/dev/null; \
	  else echo "This Python cannot make environments. Please install $$package." >&2; exit 1; fi; \
	fi; \
	echo "Making .venv with $$("$$python" --version)"; \
	"$$python" -m venv .venv

# The lock has every version and its hash, so nothing else can come in; the project itself is linked in, not copied.
$(STAMP): requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --no-index --editable .
	@touch $@

system-libraries:
	@if ! ldconfig=$$(PATH="$$PATH:/sbin:/usr/sbin" command -v ldconfig) || [ "$$(uname -s)" != Linux ]; then exit 0; fi; \
	known=$$("$$ldconfig" -p); missing=""; \
	for pair in $(LIBRARIES); do \
	  case "$$known" in *"$${pair%%=*} "*) ;; *) missing="$$missing $${pair#*=}";; esac; \
	done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing system libraries:$$missing"; \
	  { $(APT_INSTALL) $$missing >/dev/null; } || echo "That did not work; going on without them." >&2; \
	else echo "System libraries are missing. Please have installed:$$missing" >&2; fi

# Ranges stand in pyproject.toml; no addresses get into the lock.
lock: setup
	$(BIN)/python -m pip install --quiet --target .run/uv uv
	.run/uv/bin/uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-emit-index-url \
	  --no-annotate --no-header --quiet --upgrade --output-file requirements.lock

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv .run *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
