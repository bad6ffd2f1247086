package revocation_test

import (
	"testing"
	"time"

	"github.com/openjpki/jpki"
	auditor "github.com/openjpki/jpki/internal/check"
	"github.com/openjpki/jpki/internal/check/checkdb"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/revocation"
)

// examine has the auditor look at both offices.
func (r *rig) examine(t *testing.T) (report auditor.Report) {
	t.Helper()
	ctx := t.Context()
	err := r.caDB.View(ctx, func(issues *db.Tx) error {
		return r.db.View(ctx, func(records *db.Tx) (err error) {
			report, err = auditor.Run(auditor.Source{
				At: r.clock.Now(), Authorities: checkdb.Authorities(ctx, issues), Issues: checkdb.Issues(ctx, issues),
				Revocations: checkdb.Revocations(ctx, records),
				Lists: checkdb.Lists(ctx, records, func(l auditor.List) string {
					return r.File(revocation.List{Partition: revocation.Partition{Issuer: l.Issuer, Point: string(l.Point)}, Number: l.Number})
				}),
				Answer: func(request []byte) ([]byte, error) {
					reply, err := r.Answer(ctx, revocation.Caller{}, request)
					return reply.DER, err
				},
			})
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// The auditor, who shares no code with the CA and this office, finds all in order that they issued, recorded, published
// and answered over some days, in two generations; and nothing but what was changed behind their backs.
func TestAuditorAgrees(t *testing.T) {
	r := newRig(t, config{})
	hanako, first := r.known(t, "hanako", jpki.Signing, mihon)
	r.known(t, "hanako", jpki.Authentication, mihon)
	taro, _ := r.known(t, "taro", jpki.Signing, reiji)
	r.found(t, jpki.SigningCA)
	jiro, _ := r.known(t, "jiro", jpki.Signing, mihon)
	days := []func(){
		func() {},
		func() { r.revoke(t, hanako, "o-1", message.Suspicion); r.revoke(t, taro, "o-2", message.Discard) },
		func() { r.revoke(t, hanako, "o-3", message.Compromise); r.revoke(t, jiro, "o-4", message.Change) },
		func() { r.revoke(t, first, "o-5", message.AuthorityCompromise) },
		func() { r.clock.advance(3 * 365 * 24 * time.Hour) },
	}
	for i, events := range days {
		events()
		r.clock.advance(24 * time.Hour)
		r.publish(t)
		r.tick(t)
		if got := r.examine(t); !got.OK() {
			t.Errorf("day %d: findings %+v, want none", i, got.Findings)
		}
	}
	got := r.examine(t)
	if got.Authorities != 3 || got.Issues < 4+3 || got.Revocations != 5 || got.Lists == 0 || got.Answers == 0 {
		t.Errorf("report %+v, want all of it looked at", got)
	}
	err := r.db.Update(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE revocation_record SET reason = 4 WHERE serial = $1 AND reason = 3`, int64(jiro.Serial))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.examine(t); len(got.Findings) != 1 || got.Findings[0].What != "list.reason" { // the answer is made of the changed record
		t.Errorf("a record changed behind the office's back: findings %+v, want that the list differs", got.Findings)
	}
}
