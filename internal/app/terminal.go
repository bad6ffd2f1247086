package app

import (
	"context"
	"strings"

	"github.com/openjpki/jpki/card/pcsc"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/post"
)

// municipalityOf returns the code in the address of an office of which each municipality has its own: of
// "terminal-99201", or of "terminal-99201-2" where there are several, it is 99201.
func municipalityOf(office post.Address) string {
	_, rest, _ := strings.Cut(string(office), "-")
	code, _, _ := strings.Cut(rest, "-")
	return code
}

// lend lends each card that lies in the terminal's reader to the counter, until ctx ends.
func (p *process) lend(ctx context.Context, counter *line.Client) {
	var known []pcsc.Reader
	for ctx.Err() == nil {
		client, err := pcsc.Dial(ctx, p.path(p.Reader))
		if err == nil {
			known, err = client.WaitChange(ctx, known)
		}
		if err == nil {
			err = p.lendCard(ctx, client, known, counter)
		}
		if err != nil && ctx.Err() == nil {
			p.log.Info("reader", "state", err.Error())
			known = nil // look again
			pause(ctx)
		}
	}
}

// lendCard lends the card in the first reader that has one, until it is pulled.
func (p *process) lendCard(ctx context.Context, client *pcsc.Client, readers []pcsc.Reader, counter *line.Client) error {
	for _, r := range readers {
		if !r.Present {
			continue
		}
		connection, err := client.Connect(ctx, r.Name, pcsc.Exclusive)
		if err != nil {
			return err
		}
		defer connection.Close(context.WithoutCancel(ctx), pcsc.Unpower)
		watched, pulled := context.WithCancelCause(ctx)
		defer pulled(nil)
		go func() { pulled(untilPulled(watched, client, readers)) }()
		return line.Lend(watched, counter, pathReader, connection)
	}
	return nil
}

// untilPulled waits for a change at the readers.
func untilPulled(ctx context.Context, client *pcsc.Client, readers []pcsc.Reader) error {
	if _, err := client.WaitChange(ctx, readers); err != nil {
		return err
	}
	return fault.New(fault.NotFound, "app.no_card")
}
