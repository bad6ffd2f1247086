package revocation_test

import (
	"crypto"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	judge "golang.org/x/crypto/ocsp"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officetest"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/revocation"
)

// checkWeek looks at what killed offices left: complete says that they have ended their work.
func checkWeek(t *testing.T, dir string, complete bool) {
	t.Helper()
	r, err := openWitnessed(t.Context(), dir, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	r.verifyAudit(t)
	officetest.Audited(t, r.caDB, r.keys)
	r.checkSigned(t)
	r.checkOrders(t)
	r.checkLetters(t, complete)
	issuers, err := r.ca.Issuers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lists, err := r.Lists(t.Context())
	if err != nil || len(lists) > 0 && len(issuers) == 0 {
		t.Fatalf("%d lists, %v", len(lists), err)
	}
	for _, l := range lists {
		r.checkList(t, l, parse(t, issuers[0].Certificate))
	}
	if complete {
		r.checkComplete(t, lists)
	}
}

// checkSigned: every digest the CA's keys have signed is that of recorded bytes, and no number of a list has two.
func (r *rig) checkSigned(t *testing.T) {
	t.Helper()
	recorded, numbers := map[string]bool{}, map[string]string{}
	digest := func(tbs []byte) {
		h := jpki.P384.Hash.New()
		h.Write(tbs)
		recorded[hex.EncodeToString(h.Sum(nil))] = true
	}
	err := r.caDB.View(t.Context(), func(tx *db.Tx) error {
		for _, table := range []string{"issuer", "record"} {
			rows, err := tx.Query(t.Context(), "SELECT tbs FROM "+table)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var tbs []byte
				if err := rows.Scan(&tbs); err != nil {
					return err
				}
				digest(tbs)
			}
		}
		for record, err := range auditdb.Records(t.Context(), tx, auditdb.Filter{}) {
			if err != nil {
				return err
			}
			e, err := audit.Parse(record.Encoding)
			if err != nil {
				return err
			}
			if e.Act != ca.ActSignList || e.Outcome != audit.Allowed {
				continue
			}
			recorded[e.Detail["digest"]] = true
			number := e.Detail["point"] + " " + e.Detail["number"]
			if other := numbers[number]; other != "" && other != e.Detail["digest"] {
				t.Errorf("two lists have the number %s", number)
			}
			numbers[number] = e.Detail["digest"]
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := os.ReadFile(filepath.Join(r.dir, "signed"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, d := range strings.Fields(string(signed)) {
		if !recorded[d] {
			t.Errorf("the CA signed something that is not recorded: digest %s", d)
		}
	}
}

// checkOrders: an order that was taken is carried out if its certificate is known, and waits if it is not.
func (r *rig) checkOrders(t *testing.T) {
	t.Helper()
	err := r.Store.View(t.Context(), func(tx revocation.Tx) error {
		for i, d := range deeds {
			o, taken, err := tx.Order(t.Context(), d.from, fmt.Sprintf("o-%d", i))
			if err != nil {
				return err
			}
			if !taken {
				continue
			}
			_, known, err := tx.Entry(t.Context(), o.Issuer, o.Serial)
			if err != nil {
				return err
			}
			_, onRecord, err := tx.Newest(t.Context(), o.Issuer, o.Serial)
			if err != nil || known == (o.Outcome == message.OutcomeWaiting) || known != onRecord {
				t.Errorf("order %d: %s, certificate known %t, on record %t (error %v)", i, o.Outcome, known, onRecord, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// checkLetters: each final record was told to the CA once, and each order by letter was answered once, or twice if it
// waited.
func (r *rig) checkLetters(t *testing.T, complete bool) {
	t.Helper()
	told := answers(t, r, message.RevokedLetter, message.AtCA, message.TopicRevoked)
	final := 0
	for _, d := range deeds { // one final record for each holder
		if record, ok := r.recordOf(t, d); ok && record.Reason != message.CertificateHold && d.ground != message.Suspicion {
			final++
		}
	}
	if len(told) != final {
		t.Errorf("the CA was told %d times of %d final records", len(told), final)
	}
	outcomes := map[post.Address][]message.Outcome{}
	for _, d := range deeds {
		if d.from == "" {
			continue
		}
		for _, a := range answers(t, r, message.RevocationLetter, d.from, message.TopicOrders) {
			outcomes[d.from] = append(outcomes[d.from], a.Outcome)
		}
	}
	whole := map[post.Address][]message.Outcome{"link": {message.OutcomeWaiting, message.OutcomeRevoked}, "counter-99201": {message.OutcomeHeld}}
	for from, want := range whole {
		got := outcomes[from]
		if len(got) > len(want) || !slices.Equal(got, want[:len(got)]) || complete && len(got) < len(want) {
			t.Errorf("answers to %s: %q, want %q", from, got, want)
		}
	}
}

// recordOf returns what is on record of the certificate of a deed, if it was taken.
func (r *rig) recordOf(t *testing.T, d deed) (record revocation.Record, ok bool) {
	t.Helper()
	err := r.Store.View(t.Context(), func(tx revocation.Tx) error {
		o, taken, err := tx.Order(t.Context(), d.from, fmt.Sprintf("o-%d", slices.Index(deeds, d)))
		if err != nil || !taken {
			return err
		}
		record, ok, err = tx.Newest(t.Context(), o.Issuer, o.Serial)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return record, ok
}

// checkList reads a published list: whole, signed, and as it is recorded.
func (r *rig) checkList(t *testing.T, l revocation.List, authority *jpki.Certificate) {
	t.Helper()
	point, err := l.Partition.Name()
	if err != nil {
		t.Fatal(err)
	}
	c := &jpki.Certificate{Kind: jpki.SigningCA, Extensions: []jpki.Extension{
		{Value: jpki.SubjectKeyID(authority.KeyID())}, {Value: jpki.DistributionPoints{{der.DirectoryName(point)}}},
	}}
	r.latest(t, c, authority)
}

func (r *rig) checkComplete(t *testing.T, lists []revocation.List) {
	t.Helper()
	issued, err := r.certificates(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	authority := parse(t, issued[0])
	r.clock.advance((2 + 4 + 6) * 24 * time.Hour) // to the end of the scenario
	if len(lists) != 2 {
		t.Errorf("%d lists, want that of Mihon and that of the CA", len(lists))
	}
	want := map[string]message.Reason{"hanako": message.KeyCompromise, "taro": message.AffiliationChanged}
	_, list := r.latest(t, parse(t, issued[1]), authority)
	if len(list.RevokedCertificateEntries) != len(want) {
		t.Errorf("list of Mihon has %d entries, want %d", len(list.RevokedCertificateEntries), len(want))
	}
	for i, holder := range holders {
		c := parse(t, issued[1+i])
		answer := r.ask(t, crypto.SHA1, authority, c.Serial)
		if answer.Status != judge.Revoked || answer.RevocationReason != int(want[holder]) {
			t.Errorf("%s: status %d, reason %d, want revoked, %s", holder, answer.Status, answer.RevocationReason, want[holder])
		}
		if e := list.RevokedCertificateEntries[i]; e.SerialNumber.Uint64() != uint64(c.Serial) || e.ReasonCode != int(want[holder]) {
			t.Errorf("%s: entry %X, reason %d", holder, e.SerialNumber, e.ReasonCode)
		}
	}
}
