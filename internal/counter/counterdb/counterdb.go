package counterdb

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/office/officedb"
)

//go:embed schema
var schema embed.FS

// Store is the counter's database.
type Store = officedb.Store[counter.Tx]

var _ counter.Store = (*Store)(nil)

// Open brings the tables of the counter and of its equipment up to date and returns the store.
func Open(ctx context.Context, d *db.DB, log *auditdb.Log) (*Store, error) {
	return officedb.Open(ctx, d, log, "counter", schema, func(t officedb.Tx) counter.Tx { return tx{t} })
}

type tx struct{ officedb.Tx }

// encode writes what is kept as JSON; "" stands for nothing.
func encode(v any) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encoding: %w", err)
	}
	return string(text), nil
}

func decode(text string, into any) error {
	if text == "" {
		return nil
	}
	if json.Unmarshal([]byte(text), into) != nil {
		return errors.New("stored text is damaged") // the decoder's words may repeat it
	}
	return nil
}
