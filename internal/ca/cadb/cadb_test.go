package cadb_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/ca/cadb"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/office/officetest"
)

var now = time.Date(2026, 4, 1, 3, 0, 0, 0, time.UTC)

func newStore(t *testing.T, e dbtest.Engine) *cadb.Store {
	t.Helper()
	return officetest.Open(t, e.New(t), func() time.Time { return now }, cadb.Open)
}

func update(t *testing.T, s *cadb.Store, f func(tx ca.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func TestSameTables(t *testing.T) { dbtest.SameTables(t, officetest.Tables(t, cadb.Open)) }

// Issuers and records of all generations share a sequence without a gap; a number that was recorded in a transaction that
// failed is recorded again.
func TestNextSerial(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		s := newStore(t, e)
		stopped := errors.New("stopped")
		id := func(generation int, governor string) ca.IssuerID {
			return ca.IssuerID{Kind: jpki.SigningCA, Generation: generation, Governor: governor}
		}
		record := func(id ca.IssuerID, isIssuer bool, result error) (serial jpki.Serial) {
			err := s.Update(t.Context(), func(tx ca.Tx) (err error) {
				if serial, err = tx.NextSerial(t.Context(), id); err != nil {
					return err
				}
				if isIssuer {
					return errors.Join(result, tx.AddIssuer(t.Context(), ca.Issuer{ID: id, Serial: serial, TBS: []byte{1}}))
				}
				request := fmt.Sprint(id, serial)
				return errors.Join(result, tx.AddRecord(t.Context(), ca.Record{Issuer: id, Serial: serial, Kind: jpki.Signing, Request: request, TBS: []byte{1}}))
			})
			if !errors.Is(err, result) {
				t.Fatal(err)
			}
			return serial
		}
		got := []jpki.Serial{
			record(id(1, ""), true, nil), record(id(1, ""), false, nil), record(id(1, ""), false, stopped), record(id(1, ""), false, nil),
			record(id(1, "Kaku-ken"), true, nil), record(id(2, ""), true, nil), record(id(1, ""), false, nil), record(id(2, ""), false, nil),
		}
		if diff := cmp.Diff([]jpki.Serial{1, 2, 3, 3, 1, 4, 5, 6}, got); diff != "" {
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
		want[4].Certificate, want[4].EndedAt = []byte{6}, now
		update(t, s, func(tx ca.Tx) error {
			return errors.Join(tx.EndIssuer(t.Context(), want[4].ID, now), tx.EndIssuer(t.Context(), want[4].ID, now.Add(time.Hour)))
		})
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
		Issuer: issuer.ID, Serial: 2, Kind: jpki.Signing, Request: "first", Digest: "d1", Applicant: "counter-99201", Holder: "hanako",
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
		checkEnd(t, s, second)
	})
}

// checkEnd ends a record in force: it is not in force any more, and its first end stands.
func checkEnd(t *testing.T, s *cadb.Store, r ca.Record) {
	t.Helper()
	r.EndedAt = now.Add(time.Minute)
	update(t, s, func(tx ca.Tx) error {
		return errors.Join(tx.End(t.Context(), r.Issuer, r.Serial, r.EndedAt), tx.End(t.Context(), r.Issuer, r.Serial, now.Add(time.Hour)))
	})
	err := s.View(t.Context(), func(tx ca.Tx) error {
		got, ok, err := tx.RecordBySerial(t.Context(), r.Issuer, r.Serial)
		if diff := cmp.Diff(r, got); err != nil || !ok || diff != "" {
			t.Errorf("RecordBySerial: %v, found %v, -want +got\n%s", err, ok, diff)
		}
		if _, ok, err := tx.RecordBySerial(t.Context(), ca.IssuerID{Kind: jpki.SigningCA, Generation: 2}, r.Serial); ok || err != nil {
			t.Errorf("RecordBySerial of another generation = found %v, %v, want nothing", ok, err)
		}
		if in, ok, err := tx.InForce(t.Context(), r.Holder, r.Kind, now); err != nil || ok && in.Request == r.Request {
			t.Errorf("InForce = %q, %v, want the ended one no more", in.Request, err)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOfficeCertificates(t *testing.T) {
	root := ca.OfficeCertificate{Serial: "40", TBS: []byte{1}}
	office := ca.OfficeCertificate{Serial: "41", Address: "counter-99201", TBS: []byte{2}}
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		s := newStore(t, e)
		update(t, s, func(tx ca.Tx) error {
			return errors.Join(tx.AddOfficeCertificate(t.Context(), root), tx.AddOfficeCertificate(t.Context(), office))
		})
		second := ca.OfficeCertificate{Serial: "42", TBS: []byte{3}}
		if err := s.Update(t.Context(), func(tx ca.Tx) error { return tx.AddOfficeCertificate(t.Context(), second) }); !db.Duplicate(err) {
			t.Errorf("adding a second CA = %v, want a duplicate", err)
		}
		sign := func(tx ca.Tx) error { return tx.SetOfficeCertificate(t.Context(), "41", []byte{4}) }
		update(t, s, sign)
		if err := s.Update(t.Context(), sign); err == nil {
			t.Error("a second certificate for one record was recorded")
		}
		office.Certificate = []byte{4}
		err := s.View(t.Context(), func(tx ca.Tx) error {
			ofCA, err := tx.OfficeCertificates(t.Context(), "")
			ofCounter, err2 := tx.OfficeCertificates(t.Context(), "counter-99201")
			if diff := cmp.Diff([]ca.OfficeCertificate{root, office}, append(ofCA, ofCounter...)); diff != "" {
				t.Errorf("OfficeCertificates: -want +got\n%s", diff)
			}
			return errors.Join(err, err2)
		})
		if err != nil {
			t.Fatal(err)
		}
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
