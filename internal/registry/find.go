package registry

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
)

const articleOfRecord = "住民基本台帳法第8条"

// Query says whom a clerk looks for: by his resident code or, if it is "", by how his name begins.
type Query struct {
	Code ResidentCode
	Name string
}

// maxFound is how many records an answer has at most: who finds more must say more of the name.
const maxFound = 50

// Find returns the records that a query meets, by number, at most 50; removed ones too. Who looked is recorded, not for
// what. Fault: registry.query_invalid.
//
// Law: 住民基本台帳法 §8
func (s *Service) Find(ctx context.Context, actor authz.Actor, q Query) ([]Resident, error) {
	var residents []Resident
	err := s.guard.Do(ctx, actor, audit.Entry{Act: ActFind, Law: articleOfRecord}, func(tx Tx, e *audit.Entry) (err error) {
		if residents, err = find(ctx, tx, q); err == nil {
			e.Detail["found"] = strconv.Itoa(len(residents))
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking for residents: %w", err)
	}
	return residents, nil
}

func find(ctx context.Context, tx Tx, q Query) ([]Resident, error) {
	if q.Code != "" {
		if !residentCode.MatchString(string(q.Code)) {
			return nil, fault.New(fault.Invalid, "registry.query_invalid")
		}
		r, found, err := tx.Resident(ctx, q.Code)
		if err != nil || !found {
			return nil, err
		}
		return []Resident{r}, nil
	}
	if strings.TrimSpace(q.Name) == "" {
		return nil, fault.New(fault.Invalid, "registry.query_invalid")
	}
	return tx.Named(ctx, q.Name, maxFound)
}

// History returns the record of a number and the events that made it what it is, in their order. Fault:
// registry.no_record.
//
// Law: 住民基本台帳法 §8
func (s *Service) History(ctx context.Context, actor authz.Actor, number int64) (r Resident, events []Record, err error) {
	err = s.guard.Do(ctx, actor, audit.Entry{Act: ActRead, Law: articleOfRecord}, func(tx Tx, e *audit.Entry) error {
		e.Subject = Resident{Number: number}.subject()
		var found bool
		if r, found, err = tx.ResidentNumbered(ctx, number); err != nil {
			return err
		}
		if !found {
			return fault.New(fault.NotFound, "registry.no_record", number)
		}
		events, err = tx.EventsOf(ctx, r.Code)
		return err
	})
	if err != nil {
		return Resident{}, nil, fmt.Errorf("reading a resident record: %w", err)
	}
	return r, events, nil
}
