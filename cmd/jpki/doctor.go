package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/pcsc"
	"github.com/openjpki/jpki/internal/fault"
)

// patient is what the doctor has found so far, link by link.
type patient struct {
	socket string
	reader string
	client *pcsc.Client
	conn   *pcsc.Conn
	card   *card.Card
}

// doctor walks from the machine to the PINs and names the first link that fails.
func doctor(ctx context.Context, in *invocation) error {
	reader := in.flags.String("reader", "", "look at the reader of this `NAME`; without it the first with a card")
	socket := in.flags.String("pcsc", "", "`PATH` of the PC/SC service's socket; else $PCSCLITE_CSOCK_NAME or that of pcscd")
	if err := in.parse(0, 0); err != nil {
		return err
	}
	p := &patient{socket: target{pcsc: socket}.socket(), reader: *reader}
	defer p.close(ctx)
	for _, link := range []struct {
		name  string
		check func(context.Context) (string, error)
	}{
		{"PC/SC service", p.service}, {"reader", p.findReader}, {"card", p.connect}, {"application", p.application},
		{"files", p.files}, {"PINs", p.pins},
	} {
		found, err := link.check(ctx)
		if err != nil {
			in.explain(in.stdout, "✗ "+link.name+": ", known(err))
			return errNotOK
		}
		fmt.Fprintf(in.stdout, "✓ %s: %s\n", link.name, found)
	}
	return nil
}

func (p *patient) close(ctx context.Context) {
	if p.conn != nil {
		_ = p.conn.Close(context.WithoutCancel(ctx), pcsc.Reset)
	}
}

func (p *patient) service(ctx context.Context) (_ string, err error) {
	p.client, err = pcsc.Dial(ctx, p.socket)
	return "answers at " + p.socket, err
}

func (p *patient) findReader(ctx context.Context) (string, error) {
	readers, err := p.client.Readers(ctx)
	if err != nil {
		return "", err
	}
	if len(readers) == 0 {
		return "", fault.New(fault.Unavailable, "pcsc.no_reader")
	}
	if p.reader == "" {
		p.reader = readers[0].Name
		for _, r := range readers {
			if r.Present {
				p.reader = r.Name
				break
			}
		}
	}
	for _, r := range readers {
		if r.Name == p.reader {
			return fmt.Sprintf("%s (of %d)", p.reader, len(readers)), nil
		}
	}
	return "", pcsc.ErrUnknownReader
}

func (p *patient) connect(ctx context.Context) (string, error) {
	conn, err := p.client.Connect(ctx, p.reader, pcsc.Shared)
	if err != nil {
		return "", err
	}
	p.conn = conn
	if err := conn.Begin(ctx); err != nil {
		return "", err
	}
	state, err := conn.Status(ctx)
	return fmt.Sprintf("answers to reset with %X", state.ATR), err
}

func (p *patient) application(ctx context.Context) (_ string, err error) {
	if p.card, err = card.Open(ctx, p.conn); err != nil {
		return "", err
	}
	token, err := p.card.TokenInfo(ctx)
	return "JPKI, token " + token.Label, err
}

func (p *patient) files(ctx context.Context) (string, error) {
	available, err := p.card.Availability(ctx)
	if err != nil {
		return "", err
	}
	if !available.Authentication && !available.Signature {
		return "", card.ErrNoCertificate
	}
	for _, file := range []card.File{card.AuthenticationCertificate, card.AuthenticationCA, card.SignatureCA} {
		encoded, err := p.card.Certificate(ctx, file)
		if errors.Is(err, card.ErrNoCertificate) {
			continue
		}
		if err == nil {
			_, err = jpki.Parse(encoded)
		}
		if err != nil {
			return "", fmt.Errorf("reading %s: %w", file, err)
		}
	}
	return fmt.Sprintf("certificates for authentication %t, for signature %t", available.Authentication, available.Signature), nil
}

func (p *patient) pins(ctx context.Context) (string, error) {
	var tries [2]int
	for i, key := range []card.Key{card.Authentication, card.Signature} {
		var err error
		if tries[i], err = p.card.Retries(ctx, key); err != nil {
			return "", err
		}
		if tries[i] == 0 {
			return "", fmt.Errorf("%s key: %w", key, card.ErrBlocked)
		}
	}
	return fmt.Sprintf("tries left: authentication %d of 3, signature %d of 5", tries[0], tries[1]), nil
}
