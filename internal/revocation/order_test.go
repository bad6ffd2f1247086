package revocation_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/revocation"
)

// lastRecord is what is on record of a certificate.
func (r *rig) lastRecord(t *testing.T, c *jpki.Certificate) (record revocation.Record, ok bool) {
	t.Helper()
	o := r.order(c, "", "")
	err := r.Store.View(t.Context(), func(tx revocation.Tx) (err error) {
		record, ok, err = tx.Newest(t.Context(), o.Issuer, o.Serial)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return record, ok
}

// Every ground of the table, ordered by the office that the law names: the record has serial number, reason and date.
//
// Req: R-REG-07, R-REV-07, R-REV-08, R-REV-09, R-SYS-22
func TestRevoke(t *testing.T) {
	r := newRig(t, config{})
	for i, tt := range revocation.Workflow() {
		t.Run(string(tt.Ground), func(t *testing.T) {
			c, authority := r.known(t, "holder-"+strconv.Itoa(i), jpki.Signing, mihon)
			if len(tt.Kinds) > 2 { // also for a CA
				c = authority
			}
			order := r.order(c, "o-"+strconv.Itoa(i), tt.Ground)
			order.InvalidFrom = r.clock.Now().Add(-time.Hour)
			r.clock.advance(time.Minute)
			answer, err := r.Revoke(t.Context(), authz.Actor{Office: tt.Who[0], Operator: "op-1"}, order)
			want := map[revocation.State]message.Outcome{revocation.Held: message.OutcomeHeld, revocation.Revoked: message.OutcomeRevoked}[tt.To]
			if err != nil || answer.Outcome != want || answer.Reason != tt.Reason || !answer.RevokedAt.Equal(order.RecordedAt) {
				t.Errorf("Revoke = %+v, %v, want %s, %s, %v", answer, err, want, tt.Reason, order.RecordedAt)
			}
			record, ok := r.lastRecord(t, c)
			if !ok || record.Serial != c.Serial || record.Reason != tt.Reason || !record.InvalidFrom.Equal(order.InvalidFrom) || !record.MadeAt.Equal(r.clock.Now()) {
				t.Errorf("record = %+v, %t", record, ok)
			}
		})
	}
	r.verifyAudit(t)
}

// A change of the four attributes ends the certificate that shows them and no other.
//
// Req: R-REV-01, R-REV-02
func TestChangeEndsSigningAlone(t *testing.T) {
	r := newRig(t, config{})
	signing, _ := r.known(t, "hanako", jpki.Signing, mihon)
	authentication, _ := r.known(t, "hanako", jpki.Authentication, mihon)
	if answer, err := r.Revoke(t.Context(), link, r.order(signing, "move-1", message.Change)); err != nil || answer.Outcome != message.OutcomeRevoked {
		t.Errorf("Revoke signing = %+v, %v, want revoked", answer, err)
	}
	if answer, err := r.Revoke(t.Context(), link, r.order(authentication, "move-2", message.Change)); fault.KeyOf(err) != "revocation.not_applicable" {
		t.Errorf("Revoke authentication = %+v, %v, want revocation.not_applicable", answer, err)
	}
	if record, ok := r.lastRecord(t, authentication); ok {
		t.Errorf("record of the authentication certificate = %+v, want none", record)
	}
	for _, c := range []*jpki.Certificate{signing, authentication} {
		if _, err := r.Revoke(t.Context(), link, r.order(c, "death-"+c.Serial.String()+c.Kind.String(), message.Removal)); err != nil {
			t.Errorf("Revoke %s after a death: %v", c.Kind, err)
		}
	}
}

// What was final stays as it was; a hold becomes final and keeps its date.
func TestRevokeTwice(t *testing.T) {
	tests := []struct {
		name    string
		grounds []message.Ground
		want    []message.Outcome
		reason  message.Reason
		date    int // which order's date stands
	}{
		{"final twice", []message.Ground{message.Change, message.Compromise}, []message.Outcome{message.OutcomeRevoked, message.OutcomeUnchanged}, message.AffiliationChanged, 0},
		{"hold twice", []message.Ground{message.Suspicion, message.Suspicion}, []message.Outcome{message.OutcomeHeld, message.OutcomeUnchanged}, message.CertificateHold, 0},
		{"hold, then final", []message.Ground{message.Suspicion, message.Compromise}, []message.Outcome{message.OutcomeHeld, message.OutcomeRevoked}, message.KeyCompromise, 0},
		{"hold, then final twice", []message.Ground{message.Suspicion, message.Voluntary, message.Compromise},
			[]message.Outcome{message.OutcomeHeld, message.OutcomeRevoked, message.OutcomeUnchanged}, message.CessationOfOperation, 0},
		{"final, then hold", []message.Ground{message.Voluntary, message.Suspicion}, []message.Outcome{message.OutcomeRevoked, message.OutcomeUnchanged}, message.CessationOfOperation, 0},
	}
	r := newRig(t, config{})
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := r.known(t, "holder-"+strconv.Itoa(i), jpki.Signing, mihon)
			var dates []time.Time
			for i, ground := range tt.grounds {
				dates = append(dates, r.clock.advance(time.Minute))
				answer := r.revoke(t, c, c.Serial.String()+"-"+string(rune('a'+i)), ground)
				if answer.Outcome != tt.want[i] {
					t.Errorf("order %d (%s): %s, want %s", i, ground, answer.Outcome, tt.want[i])
				}
			}
			record, _ := r.lastRecord(t, c)
			if record.Reason != tt.reason || !record.RevokedAt.Equal(dates[tt.date]) {
				t.Errorf("on record: %s at %v, want %s at %v", record.Reason, record.RevokedAt, tt.reason, dates[tt.date])
			}
		})
	}
}

// The same order gets the same answer; another under its name is refused.
func TestRevokeAgain(t *testing.T) {
	r := newRig(t, config{})
	c, _ := r.known(t, "hanako", jpki.Signing, mihon)
	order := r.order(c, "o-1", message.Suspicion)
	first, err := r.Revoke(t.Context(), counter, order)
	if err != nil {
		t.Fatal(err)
	}
	r.clock.advance(time.Hour)
	order.RecordedAt = order.RecordedAt.In(jpki.Japan) // the same instant
	if again, err := r.Revoke(t.Context(), counter, order); err != nil || again != first {
		t.Errorf("the same order = %+v, %v, want %+v", again, err, first)
	}
	order.Ground = message.Compromise
	if again, err := r.Revoke(t.Context(), counter, order); fault.KeyOf(err) != "revocation.order_reused" {
		t.Errorf("another order under the same name = %+v, %v, want revocation.order_reused", again, err)
	}
}

func TestRevokeRefuses(t *testing.T) {
	r := newRig(t, config{})
	c, authority := r.known(t, "hanako", jpki.Signing, mihon)
	good := r.order(c, "o-1", message.Voluntary)
	tests := []struct {
		name   string
		actor  authz.Actor
		change func(*message.RevocationOrder)
		want   string
	}{
		{"the kiosk orders", authz.Actor{Office: authz.Kiosk}, func(*message.RevocationOrder) {}, "authz.denied"},
		{"the counter reports a move", counter, func(o *message.RevocationOrder) { o.Ground = message.Change }, "authz.denied"},
		{"the register revokes for somebody who wishes it", link, func(*message.RevocationOrder) {}, "authz.denied"},
		{"no name", counter, func(o *message.RevocationOrder) { o.ID = "" }, "revocation.order_invalid"},
		{"issuer by name", counter, func(o *message.RevocationOrder) { o.Issuer = "sign-ca-1" }, "revocation.order_invalid"},
		{"no serial number", counter, func(o *message.RevocationOrder) { o.Serial = 0 }, "revocation.order_invalid"},
		{"a serial number that no certificate has", counter, func(o *message.RevocationOrder) { o.Serial = 1 << 63 }, "revocation.order_invalid"},
		{"merger", counter, func(o *message.RevocationOrder) { o.Ground = "merger" }, "revocation.order_invalid"},
		{"no date", counter, func(o *message.RevocationOrder) { o.RecordedAt = time.Time{} }, "revocation.order_invalid"},
		{"a date before there were lists", counter, func(o *message.RevocationOrder) { o.RecordedAt = o.RecordedAt.AddDate(-1000, 0, 0) }, "revocation.order_invalid"},
		{"invalid since before there were lists", counter, func(o *message.RevocationOrder) { o.InvalidFrom = o.RecordedAt.AddDate(-1000, 0, 0) }, "revocation.order_invalid"},
		{"invalid only after the record", counter, func(o *message.RevocationOrder) { o.InvalidFrom = o.RecordedAt.Add(time.Hour) }, "revocation.order_invalid"},
		{"a CA by wish", counter, func(o *message.RevocationOrder) { o.Serial = authority.Serial }, "revocation.not_applicable"},
	}
	before := r.verifyAudit(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			order := good
			tt.change(&order)
			if answer, err := r.Revoke(t.Context(), tt.actor, order); fault.KeyOf(err) != tt.want {
				t.Errorf("Revoke = %+v, %v, want %s", answer, err, tt.want)
			}
		})
	}
	if record, ok := r.lastRecord(t, c); ok {
		t.Errorf("record = %+v after refusals, want none", record)
	}
	if got := r.verifyAudit(t) - before; got != int64(len(tests)) {
		t.Errorf("%d audit entries for %d refusals", got, len(tests))
	}
}

// Orders and notices may come in any order; what comes first is kept.
func TestOrderBeforeNotice(t *testing.T) {
	r := newRig(t, config{})
	signing, _ := r.issue(t, "hanako", jpki.Signing, mihon)
	authentication, _ := r.issue(t, "hanako", jpki.Authentication, mihon)
	ordered := r.clock.Now()
	for id, o := range map[string]message.RevocationOrder{
		"held":    r.order(signing, "o-1", message.Suspicion),
		"refused": r.order(authentication, "o-2", message.Change),
	} {
		if answer, err := r.Revoke(t.Context(), sandbox, o); err != nil || answer.Outcome != message.OutcomeWaiting || !answer.RevokedAt.IsZero() {
			t.Fatalf("%s: Revoke = %+v, %v, want waiting", id, answer, err)
		}
	}
	if answer := r.revoke(t, signing, "o-3", message.Compromise); answer.Outcome != message.OutcomeWaiting {
		t.Fatalf("second order for the same = %+v, want waiting", answer)
	}
	r.clock.advance(time.Hour)
	for range 2 { // the notice may come twice
		r.tell(t, encoded(t, signing))
		r.tell(t, encoded(t, authentication))
	}
	if record, ok := r.lastRecord(t, signing); !ok || record.Reason != message.KeyCompromise || !record.RevokedAt.Equal(ordered) || !record.MadeAt.Equal(r.clock.Now()) {
		t.Errorf("record of the signing certificate = %+v, %t, want both orders carried out, with their date", record, ok)
	}
	if record, ok := r.lastRecord(t, authentication); ok {
		t.Errorf("record of the authentication certificate = %+v, want none", record)
	}
	for id, want := range map[string]message.Outcome{"o-1": message.OutcomeHeld, "o-2": message.OutcomeRefused, "o-3": message.OutcomeRevoked} {
		err := r.Store.View(t.Context(), func(tx revocation.Tx) error {
			o, ok, err := tx.Order(t.Context(), "", id)
			if !ok || o.Outcome != want {
				t.Errorf("order %s: %s, want %s", id, o.Outcome, want)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	r.verifyAudit(t)
}

func TestIssuedRefuses(t *testing.T) {
	r := newRig(t, config{})
	c, authority := r.known(t, "hanako", jpki.Signing, mihon)
	good, err := ca.NoticeOf(encoded(t, c))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		actor  authz.Actor
		change func(*message.IssuedNotice)
		want   string
	}{
		{"the counter tells", counter, func(*message.IssuedNotice) {}, "authz.denied"},
		{"known already", caItself, func(*message.IssuedNotice) {}, ""},
		{"known, with another end", caItself, func(n *message.IssuedNotice) { n.NotAfter = n.NotAfter.Add(time.Second) }, "revocation.notice_differs"},
		{"issuer by name", caItself, func(n *message.IssuedNotice) { n.Issuer = "sign-ca-1" }, "revocation.notice_invalid"},
		{"no serial number", caItself, func(n *message.IssuedNotice) { n.Serial = 0 }, "revocation.notice_invalid"},
		{"no kind", caItself, func(n *message.IssuedNotice) { n.Kind = 0 }, "revocation.notice_invalid"},
		{"ends before it begins", caItself, func(n *message.IssuedNotice) { n.NotAfter = n.NotBefore }, "revocation.notice_invalid"},
		{"point is no name", caItself, func(n *message.IssuedNotice) { n.Point = []byte("Mihon-shi") }, "revocation.notice_invalid"},
		{"a CA without certificate", caItself, func(n *message.IssuedNotice) { n.Kind = jpki.SigningCA }, "revocation.notice_invalid"},
		{"a CA with another's certificate", caItself, func(n *message.IssuedNotice) {
			n.Kind, n.Certificate = jpki.SigningCA, encoded(t, authority)
		}, "revocation.notice_invalid"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			notice := good
			tt.change(&notice)
			if err := r.Issued(t.Context(), tt.actor, notice); fault.KeyOf(err) != tt.want {
				t.Errorf("Issued: %v, want %q", err, tt.want)
			}
		})
	}
}
