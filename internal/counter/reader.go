package counter

import (
	"context"
	"errors"

	"github.com/openjpki/jpki/apdu"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/fault"
)

// reader tells an answer that did not come from one that says no.
type reader struct{ card.Transmitter }

func (r reader) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	answer, err := r.Transmitter.Transmit(ctx, command)
	if err != nil {
		err = fault.Wrap(err, fault.Unavailable, "counter.card_gone")
	}
	return answer, err
}

// inserted is the card in the clerk's reader.
type inserted struct {
	*card.Card
	serial string
}

// insert opens the card in a reader. Faults: counter.card_unusable, counter.card_gone, counter.card_refuses.
func insert(ctx context.Context, t card.Transmitter) (inserted, error) {
	c, err := card.Open(ctx, reader{t})
	if err != nil {
		return inserted{}, explain(err)
	}
	info, err := c.TokenInfo(ctx)
	if err != nil {
		return inserted{}, explain(err)
	}
	return inserted{c, info.Serial}, nil
}

// insertOf opens the card in a reader, which must be the one of a case. Fault besides those of insert:
// counter.other_card.
func insertOf(ctx context.Context, t card.Transmitter, c Case) (inserted, error) {
	in, err := insert(ctx, t)
	if err == nil && in.serial != c.CardSerial {
		err = fault.New(fault.Conflict, "counter.other_card")
	}
	return in, err
}

// authenticate proves to the card that this is the office it was made for.
func (s *Service) authenticate(ctx context.Context, in inserted) (*card.Counter, error) {
	transport, err := s.Secrets.Transport(ctx, in.serial)
	if err != nil {
		return nil, err
	}
	counter, err := in.AuthenticateCounter(ctx, transport)
	return counter, explain(err)
}

// permit writes the two device keys and a nonce to the card: the permission that it takes to the kiosk.
//
// Req: R-CRD-03, R-CRD-04, R-CRD-05
func (s *Service) permit(ctx context.Context, in inserted, counter *card.Counter) (card.Nonce, uint32, error) {
	master, err := s.Secrets.Master(ctx)
	if err != nil {
		return card.Nonce{}, 0, err
	}
	keys, err := master.Diversify(in.serial)
	if err != nil {
		return card.Nonce{}, 0, err
	}
	nonce, err := counter.PutKeys(ctx, keys)
	return nonce, keys.Version, explain(err)
}

// explain gives an error of the card the text that the clerk reads.
func explain(err error) error {
	if err == nil || fault.KeyOf(err) != "" {
		return err
	}
	_, refused := errors.AsType[*card.RefusedError](err)
	_, answered := errors.AsType[apdu.SW](err)
	switch {
	case errors.Is(err, card.ErrNotJPKI), errors.Is(err, card.ErrTerminated):
		return fault.Wrap(err, fault.Invalid, "counter.card_unusable")
	case refused:
		return fault.Wrap(err, fault.Denied, "counter.card_refuses_office")
	case errors.Is(err, apdu.WrongData):
		return fault.Wrap(err, fault.Conflict, "counter.key_replaced")
	case answered:
		return fault.Wrap(err, fault.Conflict, "counter.card_refuses")
	}
	return err
}
