package revocationdb

import (
	"context"
	"embed"

	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/office"
	"github.com/openjpki/jpki/internal/office/officedb"
	"github.com/openjpki/jpki/internal/revocation"
)

//go:embed schema
var schema embed.FS

// Store is the validity service's database.
type Store = officedb.Store[revocation.Tx]

var _ office.Store[revocation.Tx] = (*Store)(nil)

// Open brings the tables of the service and of its audit log up to date and returns the store.
func Open(ctx context.Context, d *db.DB, log *auditdb.Log) (*Store, error) {
	return officedb.Open(ctx, d, log, "revocation", schema, func(t officedb.Tx) revocation.Tx { return tx{t} })
}

type tx struct{ officedb.Tx }
