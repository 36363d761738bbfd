# weir needs Go, git and make, nothing else. `make help` lists what there is.

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
FUZZTIME ?= 20s

# Tests run on the best relay that the system has, and then on the one that all have.
OTHER_RELAY := WEIR_RELAY=goroutine

# The compose scenario has a build tag, so that plain `go test ./...` leaves Docker alone.
TAGS := -tags compose

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build the static binary bin/weir
	CGO_ENABLED=0 go build -pgo=$(PROFILE) -trimpath -ldflags '-X main.version=$(VERSION)' -o bin/weir ./cmd/weir

# What the compiler knows of where weir's time goes. It has no default.pgo, which would make tests
# compile everything twice.
PROFILE := cmd/weir/weir.pgo

.PHONY: pgo
pgo: bench-build ## profile weir under load for the compiler (cmd/weir/weir.pgo)
	dir=$$(mktemp -d) && WEIR_CPU_PROFILE=$$dir bin/weir-bench --rivals weir --rounds 1 --window 4s \
		--workloads conn,rr-64-32,rr-64-1000,rr-4k-32,bulk-down-2 --out $$dir && \
		go tool pprof -proto -output $(PROFILE) $$dir/*.pprof && rm -r $$dir

.PHONY: bench
bench: bench-build ## measure weir beside HAProxy and nginx (20 minutes); ARGS=--quick is a look
	bin/weir-bench $(ARGS)

.PHONY: bench-build
bench-build:
	go build -C bench -o ../bin/weir-bench .

.PHONY: demo
demo: ## show weir at work with nothing installed; ARGS="--for 20s" ends it
	@CGO_ENABLED=0 go build -o bin/demo ./cmd/weir # without PROFILE, for which all has to be compiled anew
	@bin/demo demo $(ARGS)

# These have the machine for themselves: they take time that other tests measure, and the other way
# round.
OTHERS := $$(go list ./... | grep -v -e /test/outages -e /test/operate)

.PHONY: test
test: consul ## run all tests, those with a real Consul included; what depends on the relay, on each
	go test -count=1 -timeout 10m $(OTHERS)
	go test -count=1 -timeout 10m ./test/outages
	go test -count=1 -timeout 10m ./test/operate
	go test -C bench -count=1 -timeout 5m ./...
	$(OTHER_RELAY) go test -count=1 -timeout 10m ./proxy ./test/e2e
	$(OTHER_RELAY) go test -count=1 -timeout 10m ./test/operate

.PHONY: race
race: consul ## run all tests under the race detector (needs a C compiler)
	CGO_ENABLED=1 go test -race -count=1 -timeout 15m $(OTHERS)
	CGO_ENABLED=1 go test -race -count=1 -timeout 10m ./test/outages
	CGO_ENABLED=1 go test -race -count=1 -timeout 10m ./test/operate
	$(OTHER_RELAY) CGO_ENABLED=1 go test -race -count=1 -timeout 10m ./proxy

.PHONY: behaviour
behaviour: ## compare connections through weir with direct ones, and write docs/tcp.md
	WEIR_BEHAVIOUR_REPORT=$(CURDIR)/docs/tcp.md go test -count=1 -timeout 5m ./test/behaviour

.PHONY: outages
outages: consul ## break all that weir depends on, in full, and write docs/outages.md
	WEIR_OUTAGES=full WEIR_OUTAGES_REPORT=$(CURDIR)/docs/outages.md \
		go test -v -count=1 -timeout 90m ./test/outages

.PHONY: operate
operate: consul ## reload, upgrade, drain and crowd weir, in full, and write docs/operate.md
	WEIR_OPERATE=full WEIR_OPERATE_REPORT=$(CURDIR)/docs/operate.md \
		go test -v -count=1 -timeout 30m ./test/operate
	$(OTHER_RELAY) WEIR_OPERATE=full go test -count=1 -timeout 30m ./test/operate

SOAK ?= 10m

.PHONY: soak
soak: ## do all that an operator does under load, for SOAK (10m), and show memory and descriptors
	WEIR_SOAK=$(SOAK) WEIR_OPERATE=full go test -v -count=1 -timeout 0 -run '^TestSoak$$' ./test/operate

.PHONY: fuzz
fuzz: ## run each fuzz target for FUZZTIME (20s)
	@set -e; for package in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package; \
		done; \
	done; \
	for target in FuzzRelay FuzzRelayResets; do \
		echo "./proxy $$target, $(OTHER_RELAY)"; \
		$(OTHER_RELAY) go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) ./proxy; \
	done

.PHONY: lint
lint: gofmt vet staticcheck ## run gofmt, go vet and staticcheck

.PHONY: gofmt
gofmt:
	@wrong=$$(gofmt -l .); if [ -n "$$wrong" ]; then echo "gofmt would change:"; echo "$$wrong"; exit 1; fi

.PHONY: vet
vet:
	go vet $(TAGS) ./...
	go vet -C bench ./...

.PHONY: staticcheck
staticcheck: .tools/staticcheck
	.tools/staticcheck $(TAGS) ./...
	cd bench && ../.tools/staticcheck ./...

.PHONY: compose-test
compose-test: ## run docker-compose.yml end to end (skipped where no Docker engine answers)
ifneq ($(WEIR_STANDIN_IMAGES),)
compose-test: .tools/consul
endif
	go test $(TAGS) -v -count=1 -timeout 25m ./test/compose

# Tests run the consul of WEIR_CONSUL or PATH if it is new enough. Otherwise the pinned one is built.
.PHONY: consul
consul:
	@found=$$(go run ./test/consul/where) && \
		if [ -n "$$found" ]; then echo "$$found"; else $(MAKE) -s .tools/consul; fi

.tools/consul: tools/go.mod tools/go.sum
	@echo "building Consul into .tools, once: this takes some minutes"
	CGO_ENABLED=0 go build -C tools -o ../$@ github.com/hashicorp/consul
	@touch $@

.tools/staticcheck: tools/go.mod tools/go.sum
	CGO_ENABLED=0 go build -C tools -o ../$@ honnef.co/go/tools/cmd/staticcheck
	@touch $@

.PHONY: clean
clean: ## remove what make has built, Consul included
	rm -rf bin .tools
