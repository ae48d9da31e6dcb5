# make demo    see it work: builds, starts the local platform over TLS, signs in a device, publishes, shows what arrived
# make test    builds and runs the whole test suite
# make check   the linters and type checkers of .ci/run
# make format  let the formatters have their way
# make bench   measures, beside what else signs, and writes docs/performance.md; some minutes on a quiet machine
# make instructions   counts instructions with valgrind, and compares them with the committed figures
# make size    what the library costs on microcontrollers, beside the targets; UPDATE=1 writes the committed figures
# make amalgamation   writes the C core as two files, thingpost.c and thingpost.h, into build/amalgamation
# make arduino   packs the C core as a library for the Arduino IDE: build/arduino/thingpost.zip
# make wheels  wheels for other machines, into dist/: TARGETS="x86_64 aarch64 ...", or all; RUN=1 runs the quick suite on each
# make clean   remove everything that was built
#
# make PYTHON=/path/to/python3 ...   use this interpreter

.PHONY: demo test check format bench instructions size amalgamation arduino wheels clean

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

bench: .venv/built
	@$(in_venv) -m pip install -qq --disable-pip-version-check --group bench
	@mkdir -p build/bench docs
	@$(in_venv) -m pytest -q bench/ --benchmark-disable-gc --benchmark-max-time=0.1 --benchmark-min-rounds=5 \
	    --benchmark-group-by=group --benchmark-sort=mean --benchmark-columns=median,iqr,rounds \
	    --benchmark-json=build/bench/pytest.json
	@$(in_venv) -m thingpost bench --save build/bench/python.json --plot docs/performance.svg
	@PATH="$(CURDIR)/.venv/bin:$$PATH" cmake -S csrc -B build/bench/c --log-level=WARNING -DCMAKE_BUILD_TYPE=Release \
	    -DTPOST_BUILD_TESTS=OFF -DTPOST_BUILD_BENCH=ON
	@PATH="$(CURDIR)/.venv/bin:$$PATH" cmake --build build/bench/c --target thingpost_bench >/dev/null
	@build/bench/c/bench/thingpost_bench --save build/bench/c.json
	@$(in_venv) -m bench.write_performance build/bench/python.json build/bench/c.json docs/performance.md

instructions: .venv/built
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(in_venv) bench/instructions.py

size: .venv/built
	@$(in_venv) -m pip install -qq --disable-pip-version-check --group size
	@$(in_venv) -m csrc.size $(if $(UPDATE),--update)

amalgamation:
	@tools/amalgamate.py build/amalgamation
	@echo "thingpost: build/amalgamation/thingpost.c and thingpost.h"

arduino:
	@rm -rf build/arduino
	@mkdir -p build/arduino
	@cp -r csrc/ports/arduino build/arduino/thingpost
	@tools/amalgamate.py build/arduino/thingpost/src
	@cd build/arduino && python3 -m zipfile -c thingpost.zip thingpost
	@echo "thingpost: build/arduino/thingpost.zip (in the Arduino IDE: Sketch, Include Library, Add .ZIP Library)"

# Two steps, so that an edit of the C code is compiled without asking the network. Python files are used where they are.
.venv/built: .venv/tools setup.py $(wildcard csrc/src/* csrc/include/* csrc/lanes/* csrc/python/*)
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

wheels: .venv/built
	@$(in_venv) -m pip install -qq --disable-pip-version-check --group build --group wheels
	@$(in_venv) -m tools.crosswheels $(if $(RUN),--run) $(or $(TARGETS),all)

clean:
	rm -rf .venv build dist csrc/build* src/*.egg-info src/thingpost/_core*.so
