package counter_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/kiosk"
	"github.com/openjpki/jpki/internal/post"
)

// visitKiosk makes the keys for a case at the kiosk.
func (r *rig) visitKiosk(ctx context.Context, keys ...card.Key) error {
	master, err := r.secrets.Master(ctx)
	if err != nil {
		return err
	}
	k, err := kiosk.New(kiosk.Config{Master: []card.MasterKey{master}})
	if err != nil {
		return err
	}
	session, err := k.Begin(ctx, r.chip)
	if err != nil {
		return err
	}
	for i, key := range keys {
		if i > 0 {
			err = session.Another()
		}
		if err == nil {
			err = makeKeys(ctx, session, key)
		}
		if err != nil {
			return err
		}
	}
	return session.Return(ctx)
}

var keyOf = map[jpki.Kind]card.Key{jpki.Authentication: card.Authentication, jpki.Signing: card.Signature}

var pins = map[card.Key]string{card.Authentication: "1234", card.Signature: "ABC123"}

func makeKeys(ctx context.Context, session *kiosk.Session, key card.Key) error {
	entry, err := session.Choose(ctx, kiosk.KeyPair, key)
	if err != nil {
		return err
	}
	give := session.VerifyPIN
	if entry == kiosk.NewPIN {
		give = session.SetPIN
	}
	if err := give(ctx, pins[key]); err != nil {
		return err
	}
	return session.Generate(ctx)
}

func right(c counter.Case) counter.Judgement {
	j := counter.Judgement{}
	for _, field := range c.Questions() {
		j[field] = true
	}
	return j
}

// walk takes a case on from wherever it is until it comes to a state, as clerk, holder and couriers do together.
func (r *rig) walk(ctx context.Context, id string, to counter.State) (counter.Case, error) {
	for range 30 {
		c, err := r.Case(ctx, clerk, id)
		if err != nil || c.State == to {
			return c, err
		}
		if err := r.onward(ctx, c); err != nil {
			return c, fmt.Errorf("in state %s: %w", c.State, err)
		}
	}
	return counter.Case{}, errors.New("the case goes in circles")
}

func (r *rig) onward(ctx context.Context, c counter.Case) (err error) {
	switch c.State {
	case counter.Received:
		_, err = r.Certify(ctx, clerk, c.ID)
	case counter.Existing:
		_, err = r.Identify(ctx, clerk, c.ID, licence)
	case counter.Identified, counter.KeyWriting:
		_, err = r.PrepareCard(ctx, clerk, c.ID, r.chip)
	case counter.CardOut:
		_, err = r.ReadKeys(ctx, clerk, c.ID, r.chip)
		if key := fault.KeyOf(err); key == "counter.no_key" || key == "counter.proof_invalid" {
			var keys []card.Key
			for _, certificate := range c.Certificates {
				keys = append(keys, keyOf[certificate.Kind])
			}
			err = r.visitKiosk(ctx, keys...)
		}
	case counter.KeysRead:
		_, err = r.Request(ctx, clerk, c.ID)
	case counter.Waiting:
		err = r.courier.Deliver(ctx)
	case counter.Arrived:
		_, err = r.CheckImage(ctx, clerk, c.ID, right(c))
	case counter.Approved, counter.Storing:
		_, err = r.StoreCertificates(ctx, clerk, c.ID, r.chip)
	case counter.Stored:
		_, err = r.TakeFee(ctx, clerk, c.ID, payment(r.Owed(c)))
	case counter.Paid:
		_, err = r.HandOver(ctx, clerk, c.ID)
	default:
		err = errors.New("nothing follows")
	}
	return err
}

func payment(owed int) counter.PaidBy {
	if owed == 0 {
		return counter.ByNobody
	}
	return counter.ByCash
}

// come opens a case and takes it to a state.
func (r *rig) come(t *testing.T, reception string, f counter.Form, to counter.State) counter.Case {
	t.Helper()
	c, err := r.Open(t.Context(), clerk, reception, f)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = r.walk(t.Context(), c.ID, to); err != nil {
		t.Fatal(err)
	}
	return c
}

func wantFault(t *testing.T, what string, err error, key string) {
	t.Helper()
	if fault.KeyOf(err) != key {
		t.Errorf("%s = %v, want %s", what, err, key)
	}
}

// readAll reads the letters of a form among those that went out.
func readAll[M any](t *testing.T, r *rig, f post.Form[M]) []M {
	t.Helper()
	if err := r.courier.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	var bodies []M
	for _, m := range r.letters {
		if m.Kind != post.Kind(f) {
			continue
		}
		body, err := f.Read(m)
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, body)
	}
	return bodies
}
