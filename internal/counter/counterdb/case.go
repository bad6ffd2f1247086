package counterdb

import (
	"context"
	"database/sql"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/office/officedb"
)

const (
	insertCase = `INSERT INTO issue_case (id, state, event, papers, holder, differs, card_serial, key_version, nonce, fee_yen, fee_by,
	fee_paid_at, opened_at, changed_at, keep_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`
	updateCase = `UPDATE issue_case SET state = $2, event = $3, papers = $4, holder = $5, differs = $6, card_serial = $7, key_version = $8,
	nonce = $9, fee_yen = $10, fee_by = $11, fee_paid_at = $12, opened_at = $13, changed_at = $14, keep_until = $15 WHERE id = $1`
)

func (t tx) AddCase(ctx context.Context, c counter.Case) error {
	return t.putCase(ctx, "adding a case", insertCase, c)
}

func (t tx) SetCase(ctx context.Context, c counter.Case) error {
	return t.putCase(ctx, "recording a case", updateCase, c)
}

func (t tx) putCase(ctx context.Context, what, query string, c counter.Case) error {
	text := ""
	if c.Papers != nil {
		var err error
		if text, err = encode(c.Papers); err != nil {
			return err
		}
	}
	differs, err := encode(c.Differs)
	if err != nil {
		return err
	}
	err = t.ChangeOne(ctx, what, query, c.ID, string(c.State), string(c.Event), text, string(c.Holder), differs, c.CardSerial,
		int64(c.KeyVersion), c.Nonce, int64(c.Fee.Yen), string(c.Fee.By), officedb.Unix(c.Fee.PaidAt), c.OpenedAt.Unix(), c.ChangedAt.Unix(),
		officedb.Unix(c.KeepUntil))
	if err != nil {
		return err
	}
	return t.putCertificates(ctx, c)
}

const insertCertificate = `INSERT INTO case_certificate (case_id, kind, place, pkcs10, issuer, serial, certificate, ca, differs, refusal,
	stored_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

func (t tx) putCertificates(ctx context.Context, c counter.Case) error {
	if err := t.Change(ctx, "replacing certificates", `DELETE FROM case_certificate WHERE case_id = $1`, c.ID); err != nil {
		return err
	}
	for place, k := range c.Certificates {
		differs, err := encode(k.Differs)
		if err != nil {
			return err
		}
		err = t.Change(ctx, "recording a certificate", insertCertificate, c.ID, k.Kind.String(), int64(place), k.PKCS10, string(k.Issuer),
			int64(k.Serial), k.Certificate, k.CA, differs, k.Refusal, officedb.Unix(k.StoredAt))
		if err != nil {
			return err
		}
	}
	return nil
}

const selectCases = `SELECT id, state, event, papers, holder, differs, card_serial, key_version, nonce, fee_yen, fee_by, fee_paid_at,
	opened_at, changed_at, keep_until FROM issue_case `

func scanCase(rows *sql.Rows) (c counter.Case, err error) {
	var text, differs string
	err = rows.Scan(&c.ID, &c.State, &c.Event, &text, &c.Holder, &differs, &c.CardSerial, &c.KeyVersion, &c.Nonce, &c.Fee.Yen, &c.Fee.By,
		officedb.Time(&c.Fee.PaidAt), officedb.Time(&c.OpenedAt), officedb.Time(&c.ChangedAt), officedb.Time(&c.KeepUntil))
	if err != nil {
		return c, err
	}
	if err := decode(differs, &c.Differs); err != nil {
		return c, err
	}
	return c, decode(text, &c.Papers)
}

func (t tx) Case(ctx context.Context, id string) (counter.Case, bool, error) {
	c, found, err := officedb.First(ctx, t.Tx, "a case", scanCase, selectCases+`WHERE id = $1`, id)
	if err != nil || !found {
		return counter.Case{}, false, err
	}
	c.Certificates, err = officedb.All(ctx, t.Tx, "certificates", scanCertificate, selectCertificates+`WHERE case_id = $1 ORDER BY place`, id)
	return c, true, err
}

func (t tx) OpenCases(ctx context.Context) ([]counter.Case, error) {
	return officedb.All(ctx, t.Tx, "open cases", func(rows *sql.Rows) (counter.Case, error) {
		c, err := scanCase(rows)
		c.Papers = nil
		return c, err
	}, selectCases+`WHERE keep_until IS NULL ORDER BY opened_at, id`)
}

const selectCertificates = `SELECT kind, pkcs10, issuer, serial, certificate, ca, differs, refusal, stored_at FROM case_certificate `

func scanCertificate(rows *sql.Rows) (c counter.Certificate, err error) {
	var kind, differs string
	err = rows.Scan(&kind, &c.PKCS10, &c.Issuer, &c.Serial, &c.Certificate, &c.CA, &differs, &c.Refusal, officedb.Time(&c.StoredAt))
	if err != nil {
		return c, err
	}
	c.Kind, _ = jpki.ParseKind(kind)
	return c, decode(differs, &c.Differs)
}

const newestOn = `WHERE kind = $2 AND stored_at IS NOT NULL AND case_id IN (SELECT id FROM issue_case WHERE card_serial = $1)
	ORDER BY stored_at DESC, serial DESC LIMIT 1`

func (t tx) CertificateOn(ctx context.Context, cardSerial string, kind jpki.Kind) (counter.Certificate, bool, error) {
	return officedb.First(ctx, t.Tx, "the certificate on a card", scanCertificate, selectCertificates+newestOn, cardSerial, kind.String())
}

const (
	eraseCertificates = `UPDATE case_certificate SET pkcs10 = NULL, certificate = NULL, ca = NULL
	WHERE case_id IN (SELECT id FROM issue_case WHERE keep_until <= $1 AND papers <> '')`
	eraseIdentities = `UPDATE notice SET identity = '' WHERE keep_until <= $1 AND identity <> ''`
	erasePapers     = `UPDATE issue_case SET papers = '' WHERE keep_until <= $1 AND papers <> ''`
)

func (t tx) Erase(ctx context.Context, at time.Time) (int64, error) {
	var erased int64
	if err := t.Change(ctx, "erasing certificates", eraseCertificates, at.Unix()); err != nil {
		return 0, err
	}
	for _, query := range []string{erasePapers, eraseIdentities} {
		n, err := t.Changed(ctx, "erasing papers", query, at.Unix())
		if err != nil {
			return 0, err
		}
		erased += n
	}
	return erased, nil
}
