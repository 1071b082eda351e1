# The tasks of the house. `make help` lists them.

GO ?= go
UI := web/ui

# npm trusts only the authorities it brings along. Where the system has a list of its own (a company's proxy may stand in it), it counts as well.
SYSTEM_CA := /etc/ssl/certs/ca-certificates.crt
ifneq ($(wildcard $(SYSTEM_CA)),)
export NODE_EXTRA_CA_CERTS ?= $(SYSTEM_CA)
endif

.PHONY: help run test lint generate bench compare e2e chaos shots fuzz simulate
.DEFAULT_GOAL := help

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## start the server with a private PostgreSQL and the sample project
	$(GO) run ./cmd/web

test: ## install PostgreSQL and Chromium if missing (apt), then run all tests
	@scripts/deps.sh postgresql chromium
	$(GO) test ./...

lint: $(UI)/node_modules/.package-lock.json ## gofmt, go vet, staticcheck, and the type check of the browser's code
	@scripts/gofmt.sh
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	npm --prefix $(UI) run check

generate: $(UI)/node_modules/.package-lock.json ## write all generated code anew: types, templates, bundles
	$(GO) generate ./...
	$(GO) tool templ generate -path web
	npm --prefix $(UI) run build

bench: ## run the Go benchmarks
	@scripts/deps.sh postgresql chromium
	$(GO) test -run '^$$' -bench . -benchmem ./...

e2e: ## run the browser journeys alone
	@scripts/deps.sh postgresql chromium
	$(GO) test -count=1 -v ./e2e/...

compare: ## hold throughput, latency and fan-out against a bare group commit on the same database
	@scripts/deps.sh postgresql
	$(GO) run ./cmd/segno bench compare --table

chaos: ## break servers and the database for about an hour while 25,000 runs go on, and judge by the functions' own books
	@scripts/deps.sh postgresql
	$(GO) test ./internal/chaos -count=1 -v -parallel 1 -timeout 2h -long

SHOTS ?= /tmp/segno-shots

shots: ## photograph every page, state and theme at two widths into SHOTS=/tmp/segno-shots, with contact sheets; ONLY=canvas those that match
	@scripts/deps.sh postgresql chromium
	SEGNO_SHOTS=$(abspath $(SHOTS)) SEGNO_SHOTS_ONLY='$(ONLY)' $(GO) test ./e2e -run '^$$' -bench '^BenchmarkShots$$' -benchtime 1x
	@echo "The contact sheet is $(abspath $(SHOTS))/sheet.html"

# Each seed is another story; one that violates a guarantee is kept in runtime/sim/testdata/seeds.txt.
SEEDS ?= 10000
FROM ?= 1

simulate: ## play SEEDS=10000 seeds of crashes, lost leases and late answers, from FROM=1 on
	$(GO) test ./runtime/sim -run '^TestSeeds$$' -count=1 -v -timeout 0 -seeds $(SEEDS) -from $(FROM) -keep

# One target after the other, each on one processor; what one of them finds is kept under its testdata/fuzz.
FUZZTIME ?= 10m
FUZZ := flow:FuzzParse expr:FuzzSplitText expr:FuzzCompile expr:FuzzInfer schema:FuzzSchema check:FuzzCompile edit:FuzzApply

fuzz: ## fuzz the readers of texts, FUZZTIME=10m each
	@for f in $(FUZZ); do echo "$$f"; \
	  $(GO) test ./designer/$${f%%:*} -run '^$$' -fuzz "^$${f##*:}\$$" -fuzztime $(FUZZTIME) -parallel 1 || exit 1; done

# npm writes this file last, so it is as new as a complete installation.
$(UI)/node_modules/.package-lock.json: $(UI)/package.json $(UI)/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or newer (Debian and Ubuntu: apt-get install npm)." \
	  "Only changing or checking the browser's code needs it; run and test do not." >&2; exit 1; }
	npm --prefix $(UI) ci
	@touch $@
