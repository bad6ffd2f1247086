# make build   bin/jpki                          make test    everything, foreign judges included (root or sudo)
# make demo    a nation at 127.0.0.1:8080, Ctrl-C  make reqs   which requirement is proved by which passing test
# make tour    a certificate's life in a minute
# make quick   what needs Go alone               make fuzz    all fuzz targets in FUZZTIME s
# make lint    formatting, vet, staticcheck      make golden  rewrite golden files and generated pages
# make race    the race detector (needs gcc)     make soak    long fuzzing and many crash seeds
# make screens every screen in a real browser, pictures in bin/screens

export CGO_ENABLED = 0
# The kiosk makes keys in memory that is erased for certain (runtime/secret, Linux).
export GOEXPERIMENT = runtimesecret
GO       = go
# Seconds for all fuzz targets together.
FUZZTIME = 120

.PHONY: build test quick judges lint race fuzz reqs golden demo tour screens soak clean

build:
	$(GO) build -trimpath -o bin/jpki ./cmd/jpki

test: judges lint race fuzz
	$(GO) test -tags judges ./...

quick:
	$(GO) test ./...

judges:
	@sh judges/install.sh

lint:
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run gofmt -w on these files"; exit 1; }
	$(GO) vet ./... && $(GO) vet -tags judges ./...
	$(GO) tool staticcheck -tags judges ./...

# The packages in which goroutines meet.
race:
	CGO_ENABLED=1 $(GO) test -race ./card/... ./cms ./verify/... ./internal/db ./internal/line ./internal/page ./internal/kiosk/kioskhttp ./internal/kiosk/kioskweb ./internal/post ./internal/post/posthttp ./internal/schedule ./internal/story ./internal/revocation/revocationhttp

fuzz:
	@sh spec/fuzz.sh $(FUZZTIME)

reqs:
	@mkdir -p bin; $(GO) test -tags judges -json ./... > bin/test.json; $(GO) run ./spec/reqs bin/test.json

golden:
	$(GO) test . ./cms ./card/softcard ./internal/revocation ./internal/revocation/crl ./internal/revocation/ocsp ./internal/app ./internal/counter -update

# Nothing but the nation speaks on standard output: its first line says that it is ready.
demo:
	@$(GO) build -trimpath -o bin/jpki ./cmd/jpki
	@exec bin/jpki up

tour: build
	@PATH="$(CURDIR)/bin:$$PATH" sh docs/tour.sh

screens: judges
	JPKI_SCREENS="$(CURDIR)/bin/screens" $(GO) test -count=1 -tags judges -run '^TestScreen' ./internal/page/... ./internal/story ./internal/...web

soak:
	@sh spec/fuzz.sh 10800
	$(GO) test -count 20 -run Killed ./internal/...

clean:
	rm -rf bin
