package cadb_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/ca/cadb"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/db/dbtest"
)

var now = time.Date(2026, 4, 1, 3, 0, 0, 0, time.UTC)

// newLog returns a log with a key of its own, and the two halves of the key.
func newLog(t *testing.T) (log *auditdb.Log, private, public string) {
	t.Helper()
	private, public, err := note.GenerateKey(nil, "ca.jpki-test.invalid/audit")
	if err != nil {
		t.Fatal(err)
	}
	if log, err = logOf(private, public); err != nil {
		t.Fatal(err)
	}
	return log, private, public
}

func logOf(private, public string) (*auditdb.Log, error) {
	key, err := note.NewSigner(private)
	if err != nil {
		return nil, err
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		return nil, err
	}
	return auditdb.New(key, note.VerifierList(verifier))
}

func newStore(t *testing.T, e dbtest.Engine) *cadb.Store {
	t.Helper()
	log, _, _ := newLog(t)
	d := dbtest.Open(t, db.Config{URL: e.New(t), Now: func() time.Time { return now }})
	store, err := cadb.Open(t.Context(), d, log)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func update(t *testing.T, s *cadb.Store, f func(tx ca.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func TestSameTables(t *testing.T) {
	log, _, _ := newLog(t)
	dbtest.SameTables(t, func(ctx context.Context, d *db.DB) error {
		_, err := cadb.Open(ctx, d, log)
		return err
	})
}

// Numbers go up without a gap; a number that was taken in a transaction that failed is taken again.
func TestNextSerial(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		s := newStore(t, e)
		stopped := errors.New("stopped")
		take := func(series string, result error) (serial jpki.Serial) {
			err := s.Update(t.Context(), func(tx ca.Tx) (err error) {
				if serial, err = tx.NextSerial(t.Context(), series); err != nil {
					return err
				}
				return result
			})
			if !errors.Is(err, result) {
				t.Fatal(err)
			}
			return serial
		}
		got := []jpki.Serial{take("sign", nil), take("sign", stopped), take("sign", nil), take("auth", nil), take("sign", nil)}
		if diff := cmp.Diff([]jpki.Serial{1, 2, 2, 1, 3}, got); diff != "" {
			t.Errorf("serial numbers: -want +got\n%s", diff)
		}
	})
}

func TestIssuers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		s := newStore(t, e)
		want := []ca.Issuer{
			{ID: ca.IssuerID{Kind: jpki.AuthenticationCA, Generation: 1}, Serial: 1, TBS: []byte{1}},
			{ID: ca.IssuerID{Kind: jpki.SigningCA, Generation: 1}, Serial: 1, TBS: []byte{2}},
			{ID: ca.IssuerID{Kind: jpki.SigningCA, Generation: 1, Governor: "Betsu-ken"}, Serial: 1, TBS: []byte{3}},
			{ID: ca.IssuerID{Kind: jpki.SigningCA, Generation: 1, Governor: "betsu-fu"}, Serial: 1, TBS: []byte{4}},
			{ID: ca.IssuerID{Kind: jpki.SigningCA, Generation: 2}, Serial: 9, TBS: []byte{5}},
		}
		update(t, s, func(tx ca.Tx) error {
			for _, i := range []int{4, 3, 2, 1, 0} {
				if err := tx.AddIssuer(t.Context(), want[i]); err != nil {
					return err
				}
			}
			return nil
		})
		want[4].Certificate = []byte{6}
		sign := func(tx ca.Tx) error { return tx.SetIssuerCertificate(t.Context(), want[4].ID, []byte{6}) }
		update(t, s, sign)
		if err := s.Update(t.Context(), sign); err == nil {
			t.Error("a second certificate for one issuer was recorded")
		}
		if err := s.Update(t.Context(), func(tx ca.Tx) error { return tx.AddIssuer(t.Context(), want[0]) }); !db.Duplicate(err) {
			t.Errorf("adding an issuer again = %v, want a duplicate", err)
		}
		err := s.View(t.Context(), func(tx ca.Tx) error {
			got, err := tx.Issuers(t.Context())
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("issuers: -want +got\n%s", diff)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestRecords(t *testing.T) {
	issuer := ca.Issuer{ID: ca.IssuerID{Kind: jpki.SigningCA, Generation: 1}, Serial: 1, TBS: []byte{1}}
	first := ca.Record{
		Issuer: issuer.ID, Serial: 2, Kind: jpki.Signing, Request: "first", Digest: "d1", Holder: "hanako",
		NotBefore: now, NotAfter: now.Add(time.Hour), TBS: []byte{2},
	}
	second := first
	second.Serial, second.Request, second.NotAfter = 3, "second", now.Add(2*time.Hour)
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		s := newStore(t, e)
		if err := s.Update(t.Context(), func(tx ca.Tx) error { return tx.AddRecord(t.Context(), first) }); err == nil {
			t.Error("a record of an unknown issuer was added")
		}
		update(t, s, func(tx ca.Tx) error {
			return errors.Join(tx.AddIssuer(t.Context(), issuer), tx.AddRecord(t.Context(), first), tx.AddRecord(t.Context(), second))
		})
		if err := s.Update(t.Context(), func(tx ca.Tx) error { return tx.AddRecord(t.Context(), first) }); !db.Duplicate(err) {
			t.Errorf("adding a record again = %v, want a duplicate", err)
		}
		sign := func(tx ca.Tx) error { return tx.SetCertificate(t.Context(), issuer.ID, 2, []byte{3}) }
		update(t, s, sign)
		if err := s.Update(t.Context(), sign); err == nil {
			t.Error("a second certificate for one record was recorded")
		}
		signed := first
		signed.Certificate = []byte{3}
		checkRecords(t, s, signed, second)
	})
}

// checkRecords looks for a signed record and one that is not signed and ends an hour later.
func checkRecords(t *testing.T, s *cadb.Store, signed, unsigned ca.Record) {
	t.Helper()
	err := s.View(t.Context(), func(tx ca.Tx) error {
		got, ok, err := tx.RecordOf(t.Context(), "first")
		if diff := cmp.Diff(signed, got); err != nil || !ok || diff != "" {
			t.Errorf("RecordOf(first): %v, found %v, -want +got\n%s", err, ok, diff)
		}
		if _, ok, err := tx.RecordOf(t.Context(), "third"); ok || err != nil {
			t.Errorf("RecordOf(third) = found %v, %v, want nothing", ok, err)
		}
		for _, tt := range []struct {
			name string
			kind jpki.Kind
			at   time.Time
			want bool
		}{
			{"in the last second", jpki.Signing, unsigned.NotAfter, true},
			{"after it", jpki.Signing, unsigned.NotAfter.Add(time.Second), false},
			{"of the other kind", jpki.Authentication, now, false},
		} {
			got, ok, err := tx.InForce(t.Context(), "hanako", tt.kind, tt.at)
			if err != nil || ok != tt.want || ok && cmp.Diff(unsigned, got) != "" {
				t.Errorf("InForce %s = %v, %v, %v, want %v", tt.name, got, ok, err, tt.want)
			}
		}
		waiting, err := tx.Unsigned(t.Context())
		if diff := cmp.Diff([]ca.Record{unsigned}, waiting); diff != "" {
			t.Errorf("Unsigned: -want +got\n%s", diff)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
