package revocation_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/post/postdb"
)

// mutants are ways to spoil the body of a letter.
func mutants(random *rand.Rand) []func([]byte) []byte {
	at := func(b []byte) int { return random.IntN(len(b)) }
	digits := func(b []byte) []byte { // another number, date or identifier
		for range 1 + random.IntN(3) {
			if i := at(b); b[i] >= '0' && b[i] <= '9' {
				b[i] = '0' + byte(random.IntN(10))
			}
		}
		return b
	}
	return []func([]byte) []byte{
		func(b []byte) []byte { b[at(b)] ^= 1 << random.IntN(8); return b },
		func(b []byte) []byte { b[at(b)] = byte(random.Uint32()); return b },
		func(b []byte) []byte { return b[:1+at(b)] },
		func(b []byte) []byte { i := at(b); return append(b[:i], b[i+1:]...) },
		func(b []byte) []byte { i := at(b); return append(b[:i:i], b[i/2:]...) },
		func(b []byte) []byte { i := at(b); return slices.Insert(b, i, '9') },
		digits, digits,
	}
}

// spoil gives a desk's letters, altered, in batches, each among good ones, and returns how many of the altered were taken.
func spoil(t *testing.T, d *desk, topic post.Topic, kind post.Kind, original []byte, good func(i int) []byte) (taken int) {
	t.Helper()
	random := rand.New(rand.NewPCG(5, 6))
	alter := mutants(random)
	refusals := map[string]int{}
	for i := range 50 {
		var batch []post.Message
		for j := range 20 {
			batch = append(batch, d.next(topic, kind, alter[j%len(alter)](bytes.Clone(original))))
		}
		batch = append(batch, d.next(topic, kind, good(i)))
		receipts := d.give(t, batch...)
		if last := receipts[20]; last != "accepted" {
			t.Errorf("a good letter behind altered ones: %s", last)
		}
		for _, r := range receipts[:20] {
			reason, refused := strings.CutPrefix(r, "refused ")
			switch {
			case r == "accepted":
				taken++
			case !refused || reason != "post.body" && !strings.HasPrefix(reason, "revocation."):
				t.Errorf("receipt %q, want a clear refusal", r)
			default:
				refusals[reason]++
			}
		}
	}
	t.Logf("%d taken, refused: %v", taken, refusals)
	if dead := d.refused(t); len(dead) != 1000-taken {
		t.Errorf("%d dead letters of %d refused", len(dead), 1000-taken)
	}
	d.verifyAudit(t)
	return taken
}

// refused returns the dead letters of the inbox.
func (r *rig) refused(t *testing.T) (dead []postdb.DeadLetter) {
	t.Helper()
	err := r.db.View(t.Context(), func(tx *db.Tx) (err error) {
		dead, err = postdb.In(tx).Refused(t.Context())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return dead
}

// A thousand altered orders: each is answered or is a dead letter, kept whole; the good ones between them are carried out, and
// whatever was taken, the lists can be made.
func TestMutatedOrders(t *testing.T) {
	eachRig(t, config{kinds: []jpki.Kind{jpki.SigningCA}}, func(t *testing.T, r *rig) {
		c, authority := r.known(t, "hanako", jpki.Signing, mihon)
		counter := r.desk("counter-99201")
		o := r.order(c, "o-100", message.Suspicion)
		o.InvalidFrom = o.RecordedAt.AddDate(0, 0, -1)
		taken := spoil(t, counter, message.TopicOrders, post.Kind(message.RevocationOrderLetter), body(t, o), func(i int) []byte {
			return body(t, r.order(c, fmt.Sprintf("good-%d", i), message.Voluntary))
		})
		if got := len(answers(t, r, message.RevocationLetter, "counter-99201", message.TopicOrders)); got != taken+50 {
			t.Errorf("%d answers to %d orders", got, taken+50)
		}
		r.tick(t)
		r.publish(t)
		if _, list := r.latest(t, c, authority); len(list.RevokedCertificateEntries) != 1 || list.RevokedCertificateEntries[0].ReasonCode != int(message.CessationOfOperation) {
			t.Errorf("list has %v, want the one certificate", list.RevokedCertificateEntries)
		}
	})
}

// The same of notices: what is refused is kept, what is taken is a certificate that may be asked for.
func TestMutatedNotices(t *testing.T) {
	eachRig(t, config{kinds: []jpki.Kind{jpki.SigningCA}}, func(t *testing.T, r *rig) {
		authority := r.desk("ca")
		c, ca := r.issue(t, "hanako", jpki.Signing, mihon)
		original := authority.notice(t, c)
		if got := authority.give(t, original); got[0] != "accepted" {
			t.Fatalf("the notice: %s", got[0])
		}
		known := r.count(t, "issued")
		spoil(t, authority, message.TopicCertificates, post.Kind(message.IssuedNoticeLetter), original.Body, func(int) []byte { return original.Body })
		if more := r.count(t, "issued") - known; more == 0 {
			t.Error("no altered notice was one of another certificate")
		}
		_ = r.Publish(t.Context(), r.clock.Now()) // a list for a point that no CA has is not signed; that is all
		if _, list := r.latest(t, c, ca); len(list.RevokedCertificateEntries) != 0 {
			t.Errorf("list has %v, want none", list.RevokedCertificateEntries)
		}
	})
}
