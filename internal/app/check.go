package app

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/openjpki/jpki/internal/check"
	"github.com/openjpki/jpki/internal/check/checkdb"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/revocation"
)

// Records say where the offices keep what the auditor examines.
type Records struct {
	CA, Validity string // URLs of the databases
	Lists        string // folder of the published lists
}

// RecordsOf returns where the offices of a sandbox keep it. Fault: "app.no_sandbox".
func RecordsOf(dir string) (Records, error) {
	authority, validity := placeOf(dir, message.AtCA, time.Now), placeOf(dir, message.AtRevocation, time.Now)
	for _, p := range []place{authority, validity} {
		if _, err := p.verifiers(""); err != nil {
			return Records{}, err
		}
	}
	return Records{authority.url(), validity.url(), validity.path("lists")}, nil
}

// Check has the auditor examine all that was issued and published, without changing anything. answer is the OCSP responder;
// without it answers are left out.
func Check(ctx context.Context, r Records, at time.Time, answer func(request []byte) ([]byte, error)) (report check.Report, err error) {
	authority, err := db.Open(ctx, db.Config{URL: r.CA, ReadOnly: true})
	if err != nil {
		return report, err
	}
	defer authority.Close()
	validity, err := db.Open(ctx, db.Config{URL: r.Validity, ReadOnly: true})
	if err != nil {
		return report, err
	}
	defer validity.Close()
	err = authority.View(ctx, func(issued *db.Tx) error {
		return validity.View(ctx, func(published *db.Tx) (err error) {
			report, err = check.Run(check.Source{
				At: at, Authorities: checkdb.Authorities(ctx, issued), Issues: checkdb.Issues(ctx, issued),
				Revocations: checkdb.Revocations(ctx, published), Answer: answer,
				Lists: checkdb.Lists(ctx, published, func(l check.List) string {
					partition := revocation.Partition{Issuer: l.Issuer, Point: string(l.Point)}
					return filepath.Join(r.Lists, string(l.Issuer), partition.ID(), strconv.FormatUint(l.Number, 10)+".crl")
				}),
			})
			return err
		})
	})
	if err != nil {
		return report, fault.Wrap(fmt.Errorf("examining what was issued: %w", err), fault.Internal, "check.unreadable")
	}
	return report, nil
}

// Check is [Check] with the sandbox's own responder.
func (s *Sandbox) Check(ctx context.Context) (check.Report, error) {
	records, err := RecordsOf(s.Dir)
	if err != nil {
		return check.Report{}, err
	}
	return Check(ctx, records, s.Now(), func(request []byte) ([]byte, error) {
		reply, err := s.Revocation.Answer(ctx, revocation.Caller{}, request)
		return reply.DER, err
	})
}
