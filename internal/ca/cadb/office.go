package cadb

import (
	"context"
	"database/sql"

	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/office/officedb"
	"github.com/openjpki/jpki/internal/post"
)

const insertOffice = `INSERT INTO office_certificate (serial, address, tbs) VALUES ($1, $2, $3)`

func (t tx) AddOfficeCertificate(ctx context.Context, c ca.OfficeCertificate) error {
	return t.Change(ctx, "recording certificate "+c.Serial+" of an office", insertOffice, c.Serial, string(c.Address), c.TBS)
}

const signOffice = `UPDATE office_certificate SET certificate = $1 WHERE serial = $2 AND certificate IS NULL`

func (t tx) SetOfficeCertificate(ctx context.Context, serial string, certificate []byte) error {
	return t.ChangeOne(ctx, "recording a certificate", signOffice, certificate, serial)
}

const selectOffice = `SELECT serial, address, tbs, certificate FROM office_certificate WHERE address = $1 ORDER BY serial`

func (t tx) OfficeCertificates(ctx context.Context, address post.Address) ([]ca.OfficeCertificate, error) {
	return officedb.All(ctx, t.Tx, "certificates of offices", func(rows *sql.Rows) (c ca.OfficeCertificate, err error) {
		err = rows.Scan(&c.Serial, &c.Address, &c.TBS, &c.Certificate)
		return c, err
	}, selectOffice, string(address))
}
