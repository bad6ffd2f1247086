//go:build judges

package judges_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/openjpki/jpki/card/pcsc"
	"github.com/openjpki/jpki/card/pcsc/pcscdtest"
	"github.com/openjpki/jpki/card/softcard"
	"github.com/openjpki/jpki/card/vpcd"
)

// service is a PC/SC service with card readers. Programs find it by its environment.
type service struct {
	environment
	socket  string
	readers []string // names, in the order in which programs number them
	power   power
}

// power puts a card into a reader. cut takes it out again, whatever the card is doing, and waits until it is still.
type power func(ctx context.Context, reader int, c pcsc.Card) (cut func() error, err error)

// onEachService runs a test with our PC/SC service and with pcscd, which drives the card through the vpcd driver. start
// starts the service, with at least so many readers.
func onEachService(t *testing.T, test func(t *testing.T, start func(readers int) *service)) {
	for _, s := range []struct {
		name  string
		start func(t testing.TB, readers int) *service
	}{
		{"our service", func(t testing.TB, readers int) *service { return startOurs(t, readers, pcsc.Config{}) }},
		{"pcscd", startPcscd},
	} {
		t.Run(s.name, func(t *testing.T) {
			test(t, func(readers int) *service { return s.start(t, readers) })
		})
	}
}

// startOurs starts our service.
func startOurs(t testing.TB, readers int, c pcsc.Config) *service {
	t.Helper()
	for i := range readers {
		c.Readers = append(c.Readers, pcsc.ReaderName(i))
	}
	server, err := pcsc.NewServer(c)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := os.MkdirTemp("", "pcsc") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	socket := filepath.Join(folder, "socket")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("serving: %v", err)
		}
	})
	return newService(t, socket, c.Readers, func(ctx context.Context, reader int, c pcsc.Card) (func() error, error) {
		name := pcsc.ReaderName(reader)
		return func() error { return server.Remove(ctx, name) }, server.Insert(ctx, name, c)
	})
}

// startPcscd starts a pcscd that looks for cards often enough for a test.
func startPcscd(t testing.TB, readers int) *service {
	t.Helper()
	d := pcscdtest.Start(t, pcscdtest.Config{
		Readers: (readers + pcscdtest.SlotsPerReader - 1) / pcscdtest.SlotsPerReader, Poll: 10 * time.Millisecond,
	})
	var names []string
	for slot := range d.Slots() {
		names = append(names, d.ReaderName(slot))
	}
	return newService(t, d.Socket(), names, func(ctx context.Context, reader int, c pcsc.Card) (func() error, error) {
		ctx, stop := context.WithCancel(ctx)
		served := make(chan error, 1)
		go func() { served <- vpcd.Run(ctx, d.Addr(reader), c) }()
		return func() error {
			stop()
			return <-served
		}, nil
	})
}

// newService is a running service for programs to find.
func newService(t testing.TB, socket string, readers []string, p power) *service {
	t.Helper()
	find(t, "/usr/lib/*/engines-3/pkcs11.so") // what OpenSSL and curl load as their engine
	conf, err := filepath.Abs("testdata/opensc.conf")
	if err != nil {
		t.Fatal(err)
	}
	return &service{
		environment: environment{
			"PCSCLITE_CSOCK_NAME=" + socket, "OPENSC_CONF=" + conf,
			"PKCS11_MODULE_PATH=" + find(t, "/usr/lib/*/opensc-pkcs11.so"),
		},
		socket: socket, readers: readers, power: p,
	}
}

// insert puts a card into a reader and waits until programs see it. pull takes it out, at the latest when the test ends.
func (s *service) insert(t testing.TB, reader int, c pcsc.Card) (pull func()) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // the card outlives the test, to be pulled in its cleanup
	cut, err := s.power(ctx, reader, c)
	if err != nil {
		t.Fatalf("inserting the card: %v", err)
	}
	pull = sync.OnceFunc(func() {
		if err := cut(); err != nil {
			t.Errorf("pulling the card: %v", err)
		}
		s.await(t, reader, false)
	})
	t.Cleanup(pull)
	s.await(t, reader, true)
	return pull
}

// await waits until programs see that a reader has a card, or has none.
func (s *service) await(t testing.TB, reader int, present bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), limit)
	defer cancel()
	client, err := pcsc.Dial(ctx, s.socket)
	if err != nil {
		t.Fatal(err)
	}
	known, err := client.Readers(ctx)
	for err == nil && !slices.ContainsFunc(known, func(r pcsc.Reader) bool {
		return r.Name == s.readers[reader] && r.Present == present
	}) {
		known, err = client.WaitChange(ctx, known)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// startWith starts a service with cards in its first readers.
func startWith(t testing.TB, start func(int) *service, holders ...*holder) *service {
	t.Helper()
	s := start(len(holders))
	for i, h := range holders {
		s.insert(t, i, h.open(t, softcard.Options{}))
	}
	return s
}
