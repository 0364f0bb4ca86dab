# The commands of this project; `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
# The variables the scripts read, as they are: a folder's name may hold spaces.
export PHOTOS LIBRARY ONLY CORPUS FILTER SEED FILES SECONDS_OF_FAULTS
.PHONY: help run test bench failures lint format build clean install uninstall services services-stop

# Where `make install` puts the programs: /usr/local for root, ~/.local for others.
PREFIX ?= $(if $(filter 0,$(shell id -u)),/usr/local,$(HOME)/.local)

help: ## Lists these commands
	@echo "phototui: a photo library in the terminal"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Installs what is missing, builds, opens PHOTOS=… (else ~/Pictures, else sample photos); LIBRARY=… picks the library
	@scripts/run.sh

test: ## Builds and runs the whole suite, lint and architecture checks; FILTER=… runs some of the tests
	@scripts/run-tests.sh

bench: ## Measures every figure against its peer; ONLY=catalog,app,… some of them; CORPUS=… reuses gathered photos
	@scripts/bench/run.py

failures: ## Kills, freezes and cuts off everything 2,000 jobs need, then looks what was lost; SEED=… repeats a run
	@scripts/failures/run.sh

services: ## Starts Postgres, PgBouncer, Redis and an S3 server for trying a networked library; prints the file to source
	@scripts/services/start.sh

services-stop: ## Stops them and removes their data
	@scripts/services/stop.sh

lint: ## Checks the format of every Swift file
	@swift format lint --strict --recursive Package.swift Sources Tests

format: ## Formats every Swift file
	@swift format --in-place --recursive Package.swift Sources Tests

build: ## Builds the release programs
	@scripts/install-packages.sh run
	@scripts/build-release.sh

install: build ## Copies the programs, themes, shell completions and a systemd unit to PREFIX=… (default /usr/local for root, else ~/.local)
	@scripts/install.sh install '$(PREFIX)'

uninstall: ## Removes what make install copied; photos and libraries are not touched
	@scripts/install.sh uninstall '$(PREFIX)'

clean: ## Removes what was built here
	@rm -rf .build .build-* bench-results
