# Every target is also what CI calls. "make check" says what is wrong, "make fix" mends what a machine can mend.
GO ?= go
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.7.0
TODAY = 2026-11-21
EXAMPLES = online-boutique minimal astronomy-shop platform estate

.PHONY: build test check fix docs examples example judges e2e files clusters network bench every-file torture clean

build:
	$(GO) build -trimpath -o bin/ ./cmd/bartizan

test:
	$(GO) test ./...

check:
	$(GO) vet -tags e2e ./...
	$(GO) run $(STATICCHECK) -tags e2e ./...
	@files=$$(gofmt -l .); if [ -n "$$files" ]; then echo "not formatted:"; echo "$$files"; exit 1; fi
	$(GO) mod tidy -diff
	$(GO) run ./cmd/bartizan fmt --check $(EXAMPLES:%=examples/%)
	$(GO) test ./cmd/bartizan -run Reference

fix:
	gofmt -w .
	$(GO) mod tidy
	$(GO) run ./cmd/bartizan fmt $(EXAMPLES:%=examples/%)
	$(GO) run ./cmd/bartizan reference -o docs

# Writes the reference in docs anew from the catalogues; "make test" and "make check" fail where it differs.
docs:
	$(GO) run ./cmd/bartizan reference -o docs

# Writes the committed output of the examples anew; the diff is the review.
examples:
	$(GO) test ./examples -update

# Runs the main job on the first example, into boutique.
example: build
	bin/bartizan generate examples/online-boutique -o boutique --today $(TODAY) --unresolved-images
	bin/bartizan threatmodel examples/online-boutique -o boutique/threatmodel --today $(TODAY)

# Lets a real API server and other people's scanners judge what is written for every example, and an analyser, an engine and the API
# server's authorizer our reading of network policies and of roles; installs charts of add-ons, and asks whose signatures pass.
# Linux with unshare; see docs/judges.md.
judges:
	$(GO) test -tags e2e -count=1 -timeout 60m -v ./e2e/judges
	$(GO) test -tags e2e -count=1 -timeout 30m -v -run 'IndependentAnalyser|IndependentEngine|RealAPIServer' ./generate/verify

# Linux, root; see docs/end-to-end.md.
e2e: files clusters network

# Judges the control plane's files by Kubernetes' own code, and breaks each of their flags and fields.
files:
	e2e/debian.sh
	$(GO) test -tags e2e -count=1 -timeout 80m -v ./e2e/files

# Brings real clusters up from generated files and checks what they do.
clusters:
	e2e/debian.sh
	$(GO) test -tags e2e -count=1 -timeout 10m ./e2e/lab
	$(GO) test -tags e2e -count=1 -timeout 80m -parallel 3 -v ./e2e

# Sends packets between pods, through the network policy controllers of others that read generated policies.
network:
	e2e/debian.sh
	$(GO) test -tags e2e -count=1 -timeout 40m -v ./e2e/network
	$(GO) test -tags e2e -count=1 -timeout 40m -v -run RealPackets ./generate/verify

# Time and memory of each stage for 100, 1,000 and 10,000 workloads.
bench:
	$(GO) test ./threatmodel -run '^$$' -bench Scale -benchtime 1x -timeout 60m
	$(GO) test ./cmd/bartizan -run '^$$' -bench Stages -benchtime 1x -timeout 60m

# Spoils every file of the examples in turn and compares what is no longer proved with what the report names the file for.
every-file:
	BARTIZAN_EVERY_FILE=all $(GO) test ./examples -run EachFileStops -count=1 -timeout 60m -v

# Hostile input: specifications that ask for too much, hostile values in every field, faults at every operation of a write,
# and each fuzz target for FUZZTIME on one core. Prints the figures of each; see docs/hostile-input.md.
FUZZTIME = 4m
torture:
	internal/torture/torture.sh $(FUZZTIME)

clean:
	rm -rf bin boutique
