package ca_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
)

// Renewal: from three months before the end, one transaction puts the new certificate in the place of the old.
//
// Law: 公的個人認証法 §6
func TestRenewal(t *testing.T) {
	clock := now
	m := newMail(t, func(c *ca.Config) { c.Now = func() time.Time { return clock } })
	hanako := newApplicant(t, "hanako")
	first, err := m.Issue(t.Context(), counter, hanako.request(jpki.Authentication))
	if err != nil {
		t.Fatal(err)
	}
	r := hanako.request(jpki.Authentication)
	r.ID, r.Renewal = "renewal", true
	clock = at(t, "2030-11-17T23:59:59+09:00") // the first ends on 2031-02-17
	m.ask(t, mihonCounter, r)
	refusals := lettersOf(t, m.office, mihonCounter, message.TopicIssue, message.IssueRefusalLetter)
	if len(refusals) != 1 || refusals[0].Reason != "ca.renewal_early" {
		t.Errorf("a second too early: %v, want ca.renewal_early", refusals)
	}
	clock = clock.Add(time.Second)
	m.ask(t, mihonCounter, r)
	issued := lettersOf(t, m.office, mihonCounter, message.TopicIssue, message.IssuedLetter)
	if len(issued) != 1 {
		t.Fatalf("%d answers, want one", len(issued))
	}
	c, err := jpki.Parse(issued[0].Certificate)
	if want := at(t, "2036-02-17T23:59:59+09:00"); err != nil || !c.NotAfter.Equal(want) {
		t.Errorf("renewed until %v, %v, want the sixth birthday", c.NotAfter, err)
	}
	if old := record(t, m.office, first.RequestID); !old.EndedAt.Equal(clock) {
		t.Errorf("the old one ended at %v, want %v", old.EndedAt, clock)
	}
	checkOrder(t, m.office, keyOf(newest(t, m.office, jpki.AuthenticationCA)), first.Serial, message.Renewal, clock)
}

// A renewal without a certificate in force is an issue like any other.
func TestRenewalOfNothing(t *testing.T) {
	o := founded(t, nil)
	r := newApplicant(t, "hanako").request(jpki.Authentication)
	r.Renewal = true
	issued, err := o.Issue(t.Context(), counter, r)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := jpki.Parse(issued.Certificate); err != nil || !c.NotAfter.Equal(at(t, "2031-02-17T23:59:59+09:00")) {
		t.Errorf("valid until %v, %v, want the fifth birthday", c.NotAfter, err)
	}
}

// record returns the record of a request.
func record(t *testing.T, o *office, request string) (r ca.Record) {
	t.Helper()
	err := o.Store.View(t.Context(), func(tx ca.Tx) (err error) {
		r, _, err = tx.RecordOf(t.Context(), request)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// checkOrder: one order was written, for this certificate.
func checkOrder(t *testing.T, o *office, issuer message.IssuerID, serial jpki.Serial, ground message.Ground, at time.Time) {
	t.Helper()
	orders := lettersOf(t, o, message.AtRevocation, message.TopicOrders, message.RevocationOrderLetter)
	if len(orders) != 1 {
		t.Fatalf("%d orders, want one", len(orders))
	}
	want := message.RevocationOrder{ID: orders[0].ID, Issuer: issuer, Serial: serial, Ground: ground, RecordedAt: at.UTC()}
	if diff := cmp.Diff(want, orders[0]); diff != "" || len(want.ID) != 64 {
		t.Errorf("order: -want +got\n%s", diff)
	}
}

// A mistake ends the certificate and orders its revocation; then the holder may have another one.
//
// Req: R-ISS-20, R-REV-06
func TestMistake(t *testing.T) {
	m := newMail(t, nil)
	hanako := newApplicant(t, "hanako")
	r := hanako.request(jpki.Signing)
	m.ask(t, mihonCounter, r)
	tell := func(from post.Address, id string) post.Receipt {
		return send(t, m, from, message.TopicIssue, message.MistakenIssueLetter, message.MistakenIssue{RequestID: id, FoundAt: now})
	}
	if receipt := tell("counter-99202", r.ID); receipt.Reason != "ca.not_applicant" {
		t.Errorf("another counter: %+v, want ca.not_applicant", receipt)
	}
	if receipt := tell("counter-99202", "none"); receipt.Reason != "ca.no_record" {
		t.Errorf("no such request: %+v, want ca.no_record", receipt)
	}
	for range 2 { // told twice, ordered once
		if receipt := tell(mihonCounter, r.ID); receipt.Outcome != post.Accepted {
			t.Errorf("receipt = %+v, want accepted", receipt)
		}
	}
	checkOrder(t, m.office, keyOf(newest(t, m.office, jpki.SigningCA)), 2, message.Mistake, now)
	next := hanako.request(jpki.Signing)
	next.ID = "next"
	if _, err := m.Issue(t.Context(), counter, next); err != nil {
		t.Errorf("another one after the mistake: %v", err)
	}
}

// Who has a revoked certificate may have another one; a revoked CA signs no more.
//
// Law: 公的個人認証法 §6
func TestRevoked(t *testing.T) {
	m := newMail(t, nil)
	hanako := newApplicant(t, "hanako")
	if _, err := m.Issue(t.Context(), counter, hanako.request(jpki.Signing)); err != nil {
		t.Fatal(err)
	}
	issuer := keyOf(newest(t, m.office, jpki.SigningCA))
	tell := func(from post.Address, issuer message.IssuerID, serial jpki.Serial) post.Receipt {
		return send(t, m, from, message.TopicRevoked, message.RevokedLetter, message.Revoked{Issuer: issuer, Serial: serial, RevokedAt: now})
	}
	for _, tt := range []struct {
		from   post.Address
		issuer message.IssuerID
		serial jpki.Serial
		want   string
	}{
		{mihonCounter, issuer, 2, "authz.denied"}, {"revocation", "0000", 2, "revocation.no_issuer"}, {"revocation", issuer, 9, "ca.no_record"},
	} {
		if receipt := tell(tt.from, tt.issuer, tt.serial); receipt.Outcome != post.Refused || receipt.Reason != tt.want {
			t.Errorf("revoked/1 from %s of %s: %+v, want %s", tt.from, tt.serial, receipt, tt.want)
		}
	}
	next := hanako.request(jpki.Signing)
	next.ID = "next"
	if receipt := tell(message.AtRevocation, issuer, 2); receipt.Outcome != post.Accepted {
		t.Errorf("receipt = %+v, want accepted", receipt)
	}
	if _, err := m.Issue(t.Context(), counter, next); err != nil {
		t.Errorf("another one after the revocation: %v", err)
	}
	if orders := lettersOf(t, m.office, message.AtRevocation, message.TopicOrders, message.RevocationOrderLetter); len(orders) != 0 {
		t.Errorf("%d orders to revoke what is revoked", len(orders))
	}
	tell(message.AtRevocation, issuer, 1)
	taro := newApplicant(t, "taro").request(jpki.Signing)
	if receipt := m.ask(t, mihonCounter, taro); receipt.Reason != "ca.no_issuer" {
		t.Errorf("after the CA was revoked: %+v, want ca.no_issuer", receipt)
	}
	answer := message.Revocation{OrderID: "order-1", Outcome: message.OutcomeRevoked, RevokedAt: now}
	if receipt := send(t, m, message.AtRevocation, message.TopicOrders, message.RevocationLetter, answer); receipt.Outcome != post.Accepted {
		t.Errorf("answer to an order: %+v, want accepted", receipt)
	}
}
