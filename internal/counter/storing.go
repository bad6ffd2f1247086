package counter

import (
	"bytes"
	"context"
	"errors"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/authz"
)

// StoreCertificates writes the certificates to the card in the reader 格納. All have arrived and were approved: with the
// first holder's certificate the card forgets the permit, and no kiosk gets in any more. Faults: counter.card_…,
// counter.other_card, counter.key_replaced, counter.stopped, counter.order.
//
//  1. Begin: the intent is recorded. Stopped before the commit: nothing happened. Stopped after it: the card is as it was,
//     and the act done again goes on.
//  2. Write: for each pair the CA's certificate, then the holder's, with which the card begins to use the key. Stopped
//     here: what is on the card and can be read is not written again; the signing certificate, which cannot be read, is
//     written again, which changes nothing.
//  3. Record: the certificates are on the card. Stopped before the commit: as after 2. Stopped after it: stored.
//
// Law: 公的個人認証法 §3, §22
// Req: R-ISS-19, R-CRD-06
func (s *Service) StoreCertificates(ctx context.Context, actor authz.Actor, id string, t card.Transmitter) (Case, error) {
	c, _, err := s.ready(ctx, actor, id, BeginStoring)
	if c.did(StoreDone) {
		return c, nil
	}
	if err != nil {
		return Case{}, err
	}
	c, err = s.carry(ctx, actor, id, BeginStoring, func(Tx, *Case) error {
		s.Step("StoreCertificates 1")
		return nil
	})
	if err != nil {
		return Case{}, err
	}
	in, err := insertOf(ctx, t, c)
	if err != nil {
		return Case{}, err
	}
	counter, err := s.authenticate(ctx, in)
	if err != nil {
		return Case{}, err
	}
	for _, certificate := range c.Certificates {
		s.Step("StoreCertificates 2")
		if err := fill(ctx, in, counter, certificate); err != nil {
			return Case{}, explain(err)
		}
	}
	return s.carry(ctx, actor, id, StoreDone, func(_ Tx, c *Case) error {
		s.Step("StoreCertificates 3")
		for i := range c.Certificates {
			c.Certificates[i].StoredAt = s.now()
		}
		return nil
	})
}

// fill writes one certificate and its CA's, as far as they are not seen to be there.
func fill(ctx context.Context, in inserted, counter *card.Counter, c Certificate) error {
	p := pairOf(c.Kind)
	for _, part := range []struct {
		file card.File
		der  []byte
	}{{p.ca, c.CA}, {p.own, c.Certificate}} {
		there, err := readable(ctx, in, part.file)
		if err != nil {
			return err
		}
		if bytes.Equal(there, part.der) {
			continue
		}
		if err := counter.WriteCertificate(ctx, part.file, part.der); err != nil {
			return err
		}
	}
	return nil
}

// readable returns the certificate in a file; nil if there is none, and for the one that needs the holder's PIN.
func readable(ctx context.Context, in inserted, f card.File) ([]byte, error) {
	if f == pairOf(jpki.Signing).own {
		return nil, nil
	}
	der, err := in.Certificate(ctx, f)
	if errors.Is(err, card.ErrNoCertificate) {
		return nil, nil
	}
	return der, err
}
