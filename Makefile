# Firebrand's commands. `make` alone lists them.
#
#   make run ARGS="--epochs 2 --seed 0"     arguments for `firebrand train`
#   make bench ARGS="--rows epoch-loader"   arguments for `bench/run.py`
#   make test ARGS="--filter Random"        arguments for `swift test`

ARGS ?=
SWIFT ?= swift
PYTHON ?= python3

# Lower layers must not reach upwards: an import that Package.swift does not declare fails the build.
IMPORT_CHECK := --explicit-target-dependency-import-check error
FORMATTED := Package.swift Sources Examples Tests

.DEFAULT_GOAL := help
.PHONY: help setup setup-python run build test fuzz test-kills sanitize sanitize-address sanitize-thread lint format docs \
	bench fixtures clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' Makefile

setup: ## install the system packages that are missing
	@sh scripts/install-dependencies.sh

setup-python: ## install the Python, NumPy and matplotlib that the tests of the bridge need
	@sh scripts/install-python.sh

run: setup ## train the tutorial's network, save it, reload it and predict
	$(SWIFT) build -c release --product firebrand
	.build/release/firebrand train --predict $(ARGS)

build: setup ## build the command line in release
	$(SWIFT) build -c release --product firebrand

# The tests run in release, because what is tested is what ships (and the kernels are slow without optimisation).
test: setup lint ## check the layers and the format, then run the tests
	$(SWIFT) build -c release --build-tests $(IMPORT_CHECK)
	$(SWIFT) test -c release --skip-build $(ARGS)

sanitize: sanitize-address sanitize-thread ## run the tests under the address and the thread sanitizer

# Each has a build folder of its own, since every object differs. -O1 keeps the kernels bearable and the stacks readable.
SANITIZE := --build-tests -Xcc -O1

# A leak check at exit is left out: what lives as long as the process (caches, the operator table, metadata of Swift's
# runtime) is held where the checker does not look. The tests count resident memory and weak references instead.
sanitize-address: setup ## run the tests under the address sanitizer
	$(SWIFT) build $(SANITIZE) --sanitize=address --scratch-path .build-asan
	ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0:abort_on_error=1 \
		$(SWIFT) test $(SANITIZE:--build-tests=) --sanitize=address --scratch-path .build-asan --skip-build $(ARGS)

sanitize-thread: setup ## run the tests under the thread sanitizer
	$(SWIFT) build $(SANITIZE) --sanitize=thread --scratch-path .build-tsan
	TSAN_OPTIONS=suppressions=$(CURDIR)/.sanitize/tsan.supp:halt_on_error=0:exitcode=66 \
		$(SWIFT) test $(SANITIZE:--build-tests=) --sanitize=thread --scratch-path .build-tsan --skip-build $(ARGS)

# What is found is kept as fuzz-READER-SEED-INPUT.bin, and the options that read that input again are printed.
ITERATIONS ?= 200000
FUZZ := -c release --sanitize=address --scratch-path .build-fuzz --product firebrand-fuzz

fuzz: setup ## read damaged files with every reader (ITERATIONS=200000 each) under the address sanitizer
	$(SWIFT) build $(FUZZ)
	ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0:abort_on_error=1:max_allocation_size_mb=1024:hard_rss_limit_mb=4096 \
		$$($(SWIFT) build $(FUZZ) --show-bin-path)/firebrand-fuzz --iterations $(ITERATIONS) $(ARGS)

test-kills: setup ## kill 500 saves at random moments: the file is the old one or the new one
	$(SWIFT) build -c release --build-tests
	FIREBRAND_KILLS=500 $(SWIFT) test -c release --skip-build --filter HarnessTests

lint: ## check the format of the Swift files
	$(SWIFT) format lint --strict --parallel --recursive $(FORMATTED)

format: ## format the Swift files in place
	$(SWIFT) format --in-place --parallel --recursive $(FORMATTED)

# Of the modules as they were built for release, which is what `make test` leaves too.
docs: setup ## build the documentation: every public symbol, the tutorial, the articles
	$(SWIFT) build -c release --product firebrand
	$(SWIFT) build -c release --target FirebrandPython
	$(SWIFT) build -c release --target FirebrandCSV
	$(PYTHON) scripts/docs/build.py .build/release .build/docs

bench: setup ## measure Firebrand beside PyTorch and print the table
	$(SWIFT) build -c release --product firebrand-bench
	$(PYTHON) bench/run.py $(ARGS)

fixtures: ## regenerate the tests' expected values from PyTorch
	sh scripts/fixtures/generate.sh

clean: ## remove what was built (data, weights and the benchmark's environment stay)
	rm -rf .build bench-results
