package revocation_test

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/revocation"
	"github.com/openjpki/jpki/internal/revocation/crl"
)

// Signed answers, beside the bare signer.
func BenchmarkAnswer(b *testing.B) {
	for _, suite := range jpki.Suites {
		r := newRig(b, config{suite: suite})
		c, authority := r.known(b, "hanako", jpki.Signing, mihon)
		r.tick(b)
		request := marshal(b, certIDs(b, crypto.SHA1, authority, c.Serial))
		b.Run(suite.Name+"/answer", func(b *testing.B) {
			for b.Loop() {
				if reply, err := r.Answer(b.Context(), revocation.Caller{}, request); err != nil || len(reply.DER) < 100 {
					b.Fatalf("%X, %v", reply.DER, err)
				}
			}
			perSecond(b, 1, "answers/s")
		})
		b.Run(suite.Name+"/signature", func(b *testing.B) {
			message := make([]byte, 200)
			for b.Loop() {
				if _, err := suite.Sign(rand.Reader, r.holder, message); err != nil {
					b.Fatal(err)
				}
			}
			perSecond(b, 1, "signatures/s")
		})
	}
}

// Orders with their records and audit entries, each in a transaction of its own; the more are on record, the slower?
func BenchmarkRevoke(b *testing.B) {
	for _, before := range []int{0, 100_000} {
		b.Run(fmt.Sprintf("%d on record", before), func(b *testing.B) {
			r := newRig(b, config{})
			c, _ := r.known(b, "hanako", jpki.Signing, mihon)
			p := fill(b, r, c, before)
			n := 0
			b.ResetTimer()
			for b.Loop() {
				b.StopTimer()
				n++
				addEntries(b, r, p, before+n, 1)
				b.StartTimer()
				order := r.order(c, fmt.Sprintf("o-%d", n), message.Voluntary)
				order.Serial = jpki.Serial(1_000_000 + before + n)
				if answer, err := r.Revoke(b.Context(), counter, order); err != nil || answer.Outcome != message.OutcomeRevoked {
					b.Fatal(answer, err)
				}
			}
			perSecond(b, 1, "orders/s")
		})
	}
}

// Orders by letter, in batches as a courier brings them: each with its record, its audit entry, its receipt, the answer and
// the letter to the CA. Beside it, what the disk allows: one transaction with one row.
func BenchmarkReceive(b *testing.B) {
	const batch = 100
	r := newRig(b, config{})
	c, _ := r.known(b, "hanako", jpki.Signing, mihon)
	p, err := revocation.PartitionOf(c)
	if err != nil {
		b.Fatal(err)
	}
	counter := r.desk("counter-99201")
	n := 0
	b.Run("orders", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			addEntries(b, r, p, n, batch)
			var messages []post.Message
			for range batch {
				order := r.order(c, fmt.Sprintf("o-%d", n), message.Voluntary)
				order.Serial = jpki.Serial(1_000_000 + n)
				messages = append(messages, counter.order(b, order))
				n++
			}
			b.StartTimer()
			for i, got := range counter.give(b, messages...) {
				if got != "accepted" {
					b.Fatal(i, got)
				}
			}
		}
		perSecond(b, batch, "orders/s")
	})
	b.Run("transactions", func(b *testing.B) {
		for b.Loop() {
			err := r.db.Update(b.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(b.Context(), `INSERT INTO tick (id, instant, through) VALUES (1, 0, 0) ON CONFLICT (id) DO UPDATE SET instant = tick.instant + 1`)
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		perSecond(b, 1, "transactions/s")
	})
}

// A whole list, from the records in the database to the file on the disk, beside hashing its bytes.
func BenchmarkPublish(b *testing.B) {
	const entries = 200_000
	r := newRig(b, config{suite: jpki.RSA2048})
	c, authority := r.known(b, "hanako", jpki.Signing, mihon)
	fill(b, r, c, entries)
	var list revocation.List
	b.Run("list", func(b *testing.B) {
		peak := uint64(0)
		for b.Loop() {
			r.clock.advance(time.Second)
			r.publish(b)
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse)
		}
		perSecond(b, entries, "entries/s")
		b.ReportMetric(float64(peak)/(1<<20), "heap-MiB")
	})
	list, _ = r.latest(b, c, authority)
	content, err := os.ReadFile(r.File(list))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("SHA-256", func(b *testing.B) {
		for b.Loop() {
			sha256.Sum256(content)
		}
		perSecond(b, entries, "entries/s")
	})
}

func perSecond(b *testing.B, each int, unit string) {
	b.ReportMetric(float64(each)*float64(b.N)/b.Elapsed().Seconds(), unit)
}

// fill puts certificates and their records into the partition of c.
func fill(b *testing.B, r *rig, c *jpki.Certificate, n int) revocation.Partition {
	b.Helper()
	p, err := revocation.PartitionOf(c)
	if err != nil {
		b.Fatal(err)
	}
	addEntries(b, r, p, 0, n)
	var encoder crl.Encoder
	err = r.Store.Update(b.Context(), func(tx revocation.Tx) error {
		for i := range n {
			entry, err := encoder.Append(nil, crl.Entry{Serial: jpki.Serial(1_000_000 + i), Reason: message.Reason(i % 7), RevokedAt: begin.Add(-time.Duration(i*97) * time.Second)})
			if err != nil {
				return err
			}
			err = tx.AddRecord(b.Context(), revocation.Record{
				Entry: entry, Partition: p, Serial: jpki.Serial(1_000_000 + i), Reason: message.Reason(i % 7), RevokedAt: begin.Add(-time.Duration(i*97) * time.Second),
				NotAfter: begin.AddDate(5, 0, 0), Order: fmt.Sprintf("o-%d", i), MadeAt: begin,
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return p
}

func addEntries(b *testing.B, r *rig, p revocation.Partition, from, n int) {
	b.Helper()
	err := r.Store.Update(b.Context(), func(tx revocation.Tx) error {
		for i := range n {
			err := tx.AddEntry(b.Context(), message.IssuedNotice{
				Issuer: p.Issuer, Serial: jpki.Serial(1_000_000 + from + i), Kind: jpki.Signing, NotBefore: begin, NotAfter: begin.AddDate(5, 0, 0), Point: []byte(p.Point),
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}
