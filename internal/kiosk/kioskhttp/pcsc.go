package kioskhttp

import (
	"context"
	"slices"
	"time"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/pcsc"
)

// PCSC opens the card in the first reader that has one, and keeps other programs out, through the smart card service at a
// socket; see [pcsc.SocketPath].
func PCSC(socket string) Open {
	return func(ctx context.Context) (card.Transmitter, func() error, error) {
		client, err := pcsc.Dial(ctx, socket)
		if err != nil {
			return nil, nil, err
		}
		readers, err := client.Readers(ctx)
		if err != nil {
			return nil, nil, err
		}
		i := slices.IndexFunc(readers, func(r pcsc.Reader) bool { return r.Present })
		if i < 0 {
			return nil, nil, pcsc.ErrNoCard
		}
		conn, err := client.Connect(ctx, readers[i].Name, pcsc.Exclusive)
		if err != nil {
			return nil, nil, err
		}
		return conn, func() error {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			return conn.Close(ctx, pcsc.Unpower)
		}, nil
	}
}
