package checkdb_test

import (
	"context"
	"crypto/x509"
	"iter"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/ca/cadb"
	"github.com/openjpki/jpki/internal/check"
	"github.com/openjpki/jpki/internal/check/checkdb"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officetest"
	"github.com/openjpki/jpki/internal/revocation"
	"github.com/openjpki/jpki/internal/revocation/revocationdb"
	"github.com/openjpki/jpki/verify/verifytest"
)

var now = verifytest.Now

func open(t testing.TB, e dbtest.Engine) *db.DB {
	t.Helper()
	return dbtest.Open(t, db.Config{URL: e.New(t), Now: func() time.Time { return now }})
}

// offices have one CA with one certificate of a holder, and revoked it.
type offices struct {
	authority *verifytest.CA
	holder    verifytest.Holder
	record    ca.Record
	ca        *db.DB
	validity  *db.DB
}

func newOffices(t testing.TB, e dbtest.Engine) offices {
	t.Helper()
	o := offices{authority: verifytest.NewCA(t, jpki.SigningCA, 1), ca: open(t, e), validity: open(t, e)}
	o.holder = o.authority.Issue(t, 2, verifytest.Mihon, func(c *jpki.Certificate) {
		c.NotAfter = time.Date(2030, 2, 17, 14, 59, 59, 0, time.UTC)
	})
	o.keep(t)
	o.revoke(t)
	return o
}

// keep fills the CA's database through the CA's own adapter.
func (o *offices) keep(t testing.TB) {
	t.Helper()
	c, err := jpki.Parse(o.holder.DER)
	if err != nil {
		t.Fatal(err)
	}
	tbs, err := c.TBS()
	if err != nil {
		t.Fatal(err)
	}
	store, err := cadb.Open(t.Context(), o.ca, officetest.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	id := ca.IssuerID{Kind: jpki.SigningCA, Generation: 1}
	o.record = ca.Record{
		Issuer: id, Serial: 2, Kind: jpki.Signing, Request: "r-2", Holder: "hanako", NotBefore: c.NotBefore, NotAfter: c.NotAfter, TBS: tbs,
	}
	unsigned := o.record
	unsigned.Serial, unsigned.Request, unsigned.Holder = 3, "r-3", "taro"
	err = store.Update(t.Context(), func(tx ca.Tx) error {
		for _, step := range []func() error{
			func() error { return tx.AddIssuer(t.Context(), ca.Issuer{ID: id, Serial: 1, TBS: []byte{1}}) },
			func() error { return tx.SetIssuerCertificate(t.Context(), id, o.authority.DER) },
			func() error { return tx.AddRecord(t.Context(), o.record) },
			func() error { return tx.SetCertificate(t.Context(), id, 2, o.holder.DER) },
			func() error { return tx.AddRecord(t.Context(), unsigned) },
		} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (o *offices) partition(t testing.TB) revocation.Partition {
	t.Helper()
	point := verifytest.Encode(t, o.authority.CRLPartition(jpki.SigningCA, verifytest.Mihon))
	return revocation.Partition{Issuer: message.IssuerID(o.authority.Certificate.KeyID().String()), Point: string(point)}
}

// revoke fills the database of the validity service through its own adapter.
func (o *offices) revoke(t testing.TB) {
	t.Helper()
	store, err := revocationdb.Open(t.Context(), o.validity, officetest.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	p := o.partition(t)
	entry := message.IssuedNotice{
		Issuer: p.Issuer, Serial: 2, Kind: jpki.Signing, NotBefore: o.record.NotBefore, NotAfter: o.record.NotAfter, Point: []byte(p.Point),
	}
	record := revocation.Record{Entry: []byte{0x30, 0}, Partition: p, Serial: 2, Reason: message.CertificateHold, RevokedAt: now.Add(-3 * time.Hour), NotAfter: o.record.NotAfter,
		Order: "o-1", MadeAt: now.Add(-2 * time.Hour)}
	final := record
	final.Reason, final.Order, final.MadeAt = message.KeyCompromise, "o-2", now.Add(-90*time.Minute)
	err = store.Update(t.Context(), func(tx revocation.Tx) error {
		for _, step := range []func() error{
			func() error { return tx.AddEntry(t.Context(), entry) },
			func() error { return tx.AddRecord(t.Context(), record) },
			func() error { return tx.AddRecord(t.Context(), final) },
			func() error { _, err := tx.TakeNumber(t.Context(), p); return err },
			func() error {
				return tx.SetPublished(t.Context(), revocation.List{Partition: p, Number: 7, ThisUpdate: now, NextUpdate: now, Entries: 1, Size: 1})
			},
		} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What the offices keep in their databases, their adapters having written it, is what the examination needs.
func TestReadsWhatOfficesKeep(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		o := newOffices(t, e)
		file := filepath.Join(t.TempDir(), "7.crl")
		list := o.authority.CRL(t, verifytest.Mihon, []x509.RevocationListEntry{verifytest.Revoke(2, now.Add(-3*time.Hour), 1)})
		if err := os.WriteFile(file, list, 0o600); err != nil {
			t.Fatal(err)
		}
		var report check.Report
		view(t, o.ca, func(ctx context.Context, tx *db.Tx) {
			view(t, o.validity, func(ctx context.Context, other *db.Tx) {
				var err error
				report, err = check.Run(check.Source{
					At: now, Authorities: checkdb.Authorities(ctx, tx), Issues: checkdb.Issues(ctx, tx), Revocations: checkdb.Revocations(ctx, other),
					Lists: checkdb.Lists(ctx, other, func(l check.List) string {
						if p := o.partition(t); l.Issuer != p.Issuer || string(l.Point) != p.Point || l.Number != 7 {
							t.Errorf("list %+v, want number 7 of %+v", l, p)
						}
						return file
					}),
				})
				if err != nil {
					t.Error(err)
				}
			})
		})
		if len(report.Findings) != 1 || report.Findings[0].What != "list.absent" { // that of CA certificates
			t.Errorf("findings %+v, want that of the missing list of CAs alone", report.Findings)
		}
		if report.Issues != 2 || report.Unsigned != 1 || report.Revocations != 2 || report.Lists != 1 || report.Entries != 1 {
			t.Errorf("report %+v", report)
		}
	})
}

func view(t testing.TB, d *db.DB, f func(context.Context, *db.Tx)) {
	t.Helper()
	err := d.View(t.Context(), func(tx *db.Tx) error {
		f(t.Context(), tx)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A database without the tables, and a CA certificate that cannot be read, end the examination with an error.
func TestUnreadable(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		err := open(t, e).View(t.Context(), func(tx *db.Tx) error { return first(checkdb.Authorities(t.Context(), tx)) })
		if err == nil {
			t.Error("authorities of an empty database: no error")
		}
		o := newOffices(t, e)
		err = o.ca.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE issuer SET certificate = $1`, []byte("none"))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		view(t, o.ca, func(ctx context.Context, tx *db.Tx) {
			if err := first(checkdb.Issues(ctx, tx)); err == nil {
				t.Error("issues of a CA that cannot be read: no error")
			}
		})
	})
}

func first[T any](sequence iter.Seq2[T, error]) error {
	for _, err := range sequence {
		return err
	}
	return nil
}
