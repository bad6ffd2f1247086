// Package posttest is test support for the post: a small office with everything real, and the one suite that every
// carrier must pass.
package posttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki/internal/post"
)

// The offices between which a carrier is tested.
const (
	Sender   post.Address = "counter-99201"
	Receiver post.Address = "ca"
)

// Link is a carrier with a receiver at its other end.
type Link struct {
	Carry post.Carrier
	// Arrive brings what was carried to the receiver, where Carry does not: there the sender's receipt comes from the
	// medium, not from the receiver.
	Arrive func(ctx context.Context) error
}

// bring carries a batch and lets it arrive. The error is that of whichever failed.
func (l Link) bring(ctx context.Context, batch []post.Message) ([]post.Receipt, error) {
	receipts, err := l.Carry(ctx, Receiver, batch)
	if err == nil && l.Arrive != nil {
		err = l.Arrive(ctx)
	}
	return receipts, err
}

// RunCarrier checks a carrier. join joins [Sender] to [Receiver], at whose end receive stands.
func RunCarrier(t *testing.T, join func(t *testing.T, receive post.Receiver) Link) {
	t.Run("messages arrive as they were", func(t *testing.T) { checkWhole(t, join) })
	t.Run("receipts come back", func(t *testing.T) { checkReceipts(t, join) })
	t.Run("receiver fails", func(t *testing.T) { checkFailure(t, join) })
	t.Run("unknown receiver", func(t *testing.T) {
		link := join(t, func(context.Context, post.Address, []post.Message) ([]post.Receipt, error) {
			t.Error("a message for somebody else arrived")
			return nil, nil
		})
		if receipts, err := link.Carry(t.Context(), "counter-99999", Batch(1, 1)); err == nil {
			t.Errorf("Carry = %v, want an error", receipts)
		}
	})
	t.Run("offices", func(t *testing.T) { checkOffices(t, join) })
}

// Batch returns the messages from first to last of a stream.
func Batch(first, last int64) []post.Message {
	var batch []post.Message
	for seq := first; seq <= last; seq++ {
		letter, err := SlipForm.Letter(Receiver, "issue", Slip{Number: int(seq), Words: "見本 <&> \u2028"})
		if err != nil {
			panic(err)
		}
		letter.Operator = "op-7"
		batch = append(batch, post.Message{
			From: Sender, Letter: letter, Seq: seq, After: seq - 1, Written: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC),
		})
	}
	return batch
}

// Accept is a receiver that takes everything.
func Accept(_ context.Context, _ post.Address, batch []post.Message) ([]post.Receipt, error) {
	var receipts []post.Receipt
	for _, m := range batch {
		receipts = append(receipts, post.Receipt{Topic: m.Topic, Seq: m.Seq, Outcome: post.Accepted})
	}
	return receipts, nil
}

func checkWhole(t *testing.T, join func(*testing.T, post.Receiver) Link) {
	var arrived []post.Message
	link := join(t, func(ctx context.Context, from post.Address, batch []post.Message) ([]post.Receipt, error) {
		if from != Sender {
			t.Errorf("sender %s, want %s", from, Sender)
		}
		arrived = append(arrived, batch...)
		return Accept(ctx, from, batch)
	})
	largest := Batch(101, 101)
	largest[0].Body = bytes.Repeat([]byte{0xff}, post.MaxBody)
	largest[0].Again = true
	other := Batch(1, 1)
	other[0].Topic, other[0].Operator = "other", ""
	var sent []post.Message
	for _, batch := range [][]post.Message{Batch(1, post.MaxBatch), largest, other, Batch(1, 2)} {
		sent = append(sent, batch...)
		receipts, err := link.bring(t.Context(), batch)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := Accept(t.Context(), Sender, batch)
		if diff := cmp.Diff(want, receipts); diff != "" {
			t.Errorf("receipts: -want +got\n%s", diff)
		}
	}
	if diff := cmp.Diff(sent, arrived); diff != "" {
		t.Errorf("messages: -sent +arrived\n%s", diff)
	}
}

func checkReceipts(t *testing.T, join func(*testing.T, post.Receiver) Link) {
	want := []post.Receipt{
		{Topic: "issue", Seq: 1, Outcome: post.Accepted},
		{Topic: "issue", Seq: 2, Outcome: post.Refused, Reason: "post.unknown_kind"},
	}
	link := join(t, func(context.Context, post.Address, []post.Message) ([]post.Receipt, error) { return want, nil })
	got, err := link.bring(t.Context(), Batch(1, 2))
	if err != nil {
		t.Fatal(err)
	}
	if link.Arrive != nil {
		want, _ = Accept(t.Context(), Sender, Batch(1, 2))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("receipts: -want +got\n%s", diff)
	}
}

// checkFailure: what the receiver did not take comes again.
func checkFailure(t *testing.T, join func(*testing.T, post.Receiver) Link) {
	calls, failing := 0, true
	link := join(t, func(ctx context.Context, from post.Address, batch []post.Message) ([]post.Receipt, error) {
		if calls++; failing {
			return nil, errors.New("the office burns")
		}
		return Accept(ctx, from, batch)
	})
	if receipts, err := link.bring(t.Context(), Batch(1, 1)); err == nil {
		t.Errorf("receipts = %v, want an error", receipts)
	}
	failing = false
	var err error
	if link.Arrive != nil {
		err = link.Arrive(t.Context()) // the medium is still there
	} else {
		_, err = link.bring(t.Context(), Batch(1, 1))
	}
	if err != nil || calls != 2 {
		t.Errorf("then: %v after %d calls, want 2", err, calls)
	}
}

// checkOffices sends through two real offices, everything twice over.
func checkOffices(t *testing.T, join func(*testing.T, post.Receiver) Link) {
	now := func() time.Time { return time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC) }
	counter := New(t, Config{Address: Sender, Now: now})
	ca := New(t, Config{Address: Receiver, Now: now})
	link := join(t, ca.Inbox.Receive)
	twice := func(ctx context.Context, _ post.Address, batch []post.Message) ([]post.Receipt, error) {
		if _, err := link.bring(ctx, batch); err != nil {
			return nil, err
		}
		return link.bring(ctx, batch)
	}
	const slips = 50
	for n := range slips {
		for _, topic := range []post.Topic{"issue", "notice"} {
			if err := counter.Say(t.Context(), Receiver, topic, Slip{Number: n, Words: fmt.Sprint(topic)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := counter.Courier(map[post.Address]post.Carrier{Receiver: twice}).Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, topic := range []post.Topic{"issue", "notice"} {
		told, err := ca.Told(t.Context(), Sender, topic)
		if err != nil || len(told) != slips {
			t.Fatalf("%d slips about %s, %v, want %d", len(told), topic, err, slips)
		}
		for n := range told {
			if told[n] != n {
				t.Errorf("slips about %s = %v, want each once and in order", topic, told)
				break
			}
		}
	}
}

// New opens a new office and closes it after the test.
func New(t testing.TB, c Config) *Office {
	t.Helper()
	if c.Dir == "" {
		c.Dir = t.TempDir()
	}
	o, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.DB.Close() })
	return o
}
