# make demo    see it work: builds, starts the local platform over TLS, signs in a device, publishes, shows what arrived
# make test    builds and runs the whole test suite
# make check   the linters and type checkers of .ci/run
# make format  let the formatters have their way
# make clean   remove everything that was built
#
# make PYTHON=/path/to/python3 ...   use this interpreter

.PHONY: demo test check format clean

in_venv = .venv/bin/python
export PYTHON

demo: .venv/built
	@$(in_venv) -m thingpost demo

test: .venv/built
	@PATH="$(CURDIR)/.venv/bin:$$PATH" csrc/tests/run.sh
	@$(in_venv) -m pytest -q

check: .venv/built
	@tools/check.sh

format: .venv/built
	@tools/check.sh --fix

# Two steps, so that an edit of the C code is compiled without asking the network. Python files are used where they are.
.venv/built: .venv/tools setup.py $(wildcard csrc/src/* csrc/include/* csrc/python/*)
	@echo "thingpost: building thingpost into .venv"
	@$(in_venv) -m pip install -qq --disable-pip-version-check --no-build-isolation --editable '.[cli,emulator]'
	@touch $@

.venv/tools: pyproject.toml tools/setup.sh
	@sh tools/setup.sh

# A project that was moved, and a PYTHON that is named, are set up anew.
ifneq ($(shell cat .venv/home 2>/dev/null),$(CURDIR))
$(shell rm -f .venv/tools)
endif
ifneq ($(PYTHON),)
$(shell rm -f .venv/tools)
endif

clean:
	rm -rf .venv build dist csrc/build* src/*.egg-info src/thingpost/_core*.so
