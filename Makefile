# make demo    see it work: builds, starts the local platform over TLS, signs in a device, publishes, shows what arrived
# make test    builds and runs the whole test suite
# make check   the linters and type checkers of .ci/run
# make format  let the formatters have their way
# make clean   remove everything that was built

.PHONY: demo test check format clean

demo: .venv/ready
	@.venv/bin/thingpost demo

test: .venv/ready
	@PATH="$(CURDIR)/.venv/bin:$$PATH" csrc/tests/run.sh
	@.venv/bin/python -m pytest

check: .venv/ready
	@tools/check.sh

format: .venv/ready
	@tools/check.sh --fix

# What is compiled or installed anew when it changes; Python files are used where they are.
.venv/ready: pyproject.toml setup.py tools/setup.sh $(wildcard csrc/src/* csrc/include/* csrc/python/*)
	@sh tools/setup.sh $(MAKECMDGOALS)

clean:
	rm -rf .venv build dist csrc/build* src/*.egg-info src/thingpost/_core*.so
