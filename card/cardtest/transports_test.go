package cardtest_test

import (
	"context"
	"net"
	"path/filepath"
	"testing"

	"github.com/openjpki/jpki/card/cardtest"
	"github.com/openjpki/jpki/card/pcsc"
)

// The suite runs through our PC/SC client and server as on the card itself.
func TestRunThroughPCSC(t *testing.T) {
	cardtest.Run(t, func(t *testing.T) cardtest.Fixture {
		chip := cardtest.New(t)
		socket := filepath.Join(t.TempDir(), "pcsc")
		listener, err := net.Listen("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		server, err := pcsc.NewServer(pcsc.Config{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		served := make(chan error, 1)
		go func() { served <- server.Serve(ctx, listener) }()
		t.Cleanup(func() {
			stop()
			<-served
		})
		if err := server.Insert(t.Context(), pcsc.ReaderName(0), chip.Card); err != nil {
			t.Fatal(err)
		}
		return throughReader(t, socket, pcsc.ReaderName(0))
	})
}

// throughReader is the expendable card in a reader of the service at socket.
func throughReader(t *testing.T, socket, reader string) cardtest.Fixture {
	t.Helper()
	client, err := pcsc.Dial(t.Context(), socket)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := client.Connect(t.Context(), reader, pcsc.Exclusive)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background(), pcsc.Leave) })
	return cardtest.Fixture{
		Transmitter: conn, Reset: func() error { return conn.Reset(t.Context()) }, Expendable: true,
		SignaturePIN: cardtest.SignaturePIN, AuthenticationPIN: cardtest.AuthenticationPIN,
	}
}
