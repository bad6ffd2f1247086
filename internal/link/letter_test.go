package link_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/link"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
)

// desk is a link server to which letters are handed one by one, each once.
type desk struct {
	*rig
	last map[post.Address]int64
}

func newDesk(t *testing.T, e dbtest.Engine) *desk {
	t.Helper()
	n, err := openNation(t.Context(), nationConfig{
		dir: t.TempDir(), url: func(post.Address) string { return e.New(t) }, at: func(string) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.close)
	return &desk{&rig{n, t}, map[post.Address]int64{}}
}

// hand hands a letter over and checks why it is refused: "" if it is accepted.
func hand[M any](d *desk, from post.Address, form post.Form[M], body M, want string) {
	d.t.Helper()
	letter, err := form.Letter(message.AtLink, "test", body)
	d.must(err)
	d.last[from]++
	m := post.Message{Letter: letter, Seq: d.last[from], After: d.last[from] - 1, Written: d.now}
	receipts, err := d.link.Receive(d.t.Context(), from, []post.Message{m})
	d.must(err)
	if receipts[0].Reason != want {
		d.t.Errorf("%s from %s: %s %q, want %q", letter.Kind, from, receipts[0].Outcome, receipts[0].Reason, want)
	}
}

// ordered returns the orders in the outbox.
func (d *desk) ordered() []message.RevocationOrder {
	d.t.Helper()
	d.must(d.carry(d.t.Context()))
	orders, err := d.validity.orders(d.t.Context())
	d.must(err)
	return orders
}

// An order says serial number, ground and date, and has the same name for the same notice and certificate.
//
// Req: R-REG-07, R-REV-02
func TestOrder(t *testing.T) {
	a := person("見本　花子", "１")
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		d := newDesk(t, e)
		hand(d, message.AtCA, message.HolderRecordLetter, certificate(start, jpki.Signing, 2, a), "")
		hand(d, message.AtCA, message.HolderRecordLetter, certificate(start, jpki.Authentication, 2, a), "")
		d.hour(2)
		hand(d, message.AtRegistry, message.ChangeNoticeLetter, message.ChangeNotice{ID: "n-1", Attributes: a, Fact: message.Changed, At: start.Add(time.Hour)}, "")
		hand(d, message.AtRegistry, message.ChangeNoticeLetter, message.ChangeNotice{ID: "n-2", Attributes: a, Fact: message.Died, At: start.Add(time.Hour)}, "")
		order := func(id, issuer string, ground message.Ground) message.RevocationOrder {
			return message.RevocationOrder{ID: id, Issuer: message.IssuerID(issuer), Serial: 2, Ground: ground, RecordedAt: d.now}
		}
		got := d.ordered()
		want := []message.RevocationOrder{
			order("", "TEST-sign-ca", message.Change), order("", "TEST-auth-ca", message.Removal), order("", "TEST-sign-ca", message.Removal),
		}
		for i := range min(len(want), len(got)) {
			if len(got[i].ID) != 64 {
				t.Errorf("order %d has the name %q, want 64 digits", i, got[i].ID)
			}
			want[i].ID = got[i].ID
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("orders: -want +got\n%s", diff)
		}
	})
}

// A notice that meets nothing is kept and shown, until the certificate it meets is recorded.
func TestNoticeBeforeItsCertificate(t *testing.T) {
	old := person("見本　花子", "１")
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		d := newDesk(t, e)
		d.hour(2)
		notice := message.ChangeNotice{ID: "n-1", Attributes: old, Fact: message.Changed, At: d.now}
		record := certificate(start, jpki.Signing, 2, old)
		hand(d, message.AtRegistry, message.ChangeNoticeLetter, notice, "")
		unmet, err := d.link.Unmet(t.Context())
		if err != nil || len(unmet) != 1 || unmet[0].ID != "n-1" {
			t.Errorf("Unmet = %v, %v, want n-1", unmet, err)
		}
		hand(d, message.AtCA, message.HolderRecordLetter, record, "")
		if unmet, err = d.link.Unmet(t.Context()); err != nil || len(unmet) != 0 {
			t.Errorf("Unmet = %v, %v, want none", unmet, err)
		}
		hand(d, message.AtRegistry, message.ChangeNoticeLetter, notice, "")
		hand(d, message.AtCA, message.HolderRecordLetter, record, "")
		if orders := d.ordered(); len(orders) != 1 {
			t.Errorf("orders = %v, want one for one notice and certificate", orders)
		}
		notice.At = notice.At.Add(time.Hour)
		hand(d, message.AtRegistry, message.ChangeNoticeLetter, notice, "link.notice_reused")
		record.Serial++
		hand(d, message.AtCA, message.HolderRecordLetter, record, "link.record_reused")
		notice.ID = "n-2"
		hand(d, "counter-99201", message.ChangeNoticeLetter, notice, "authz.denied")
		notice.Fact = "moved to another house"
		hand(d, message.AtRegistry, message.ChangeNoticeLetter, notice, "link.notice_invalid")
	})
}

func TestRecordRefuses(t *testing.T) {
	tests := map[string]func(*message.HolderRecord){
		"no name":               func(r *message.HolderRecord) { r.ID = "" },
		"a CA":                  func(r *message.HolderRecord) { r.Kind = jpki.SigningCA },
		"no serial number":      func(r *message.HolderRecord) { r.Serial = 0 },
		"no address":            func(r *message.HolderRecord) { r.Attributes.Address = "" },
		"ends before it begins": func(r *message.HolderRecord) { r.NotAfter = r.IssuedAt },
	}
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		d := newDesk(t, e)
		for name, change := range tests {
			t.Run(name, func(t *testing.T) {
				r := certificate(start, jpki.Signing, 2, person("見本　花子", "１"))
				change(&r)
				hand(d, message.AtCA, message.HolderRecordLetter, r, "link.record_invalid")
			})
		}
		hand(d, message.AtRegistry, message.HolderRecordLetter, certificate(start, jpki.Signing, 2, person("見本　花子", "１")), "authz.denied")
	})
}

// What the validity service answers is noted with the order. An answer that is given late is not taken back to waiting, and
// one to an order that nobody gave stays as a dead letter.
func TestAnswers(t *testing.T) {
	a := person("見本　花子", "１")
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		d := newDesk(t, e)
		hand(d, message.AtCA, message.HolderRecordLetter, certificate(start, jpki.Signing, 2, a), "")
		hand(d, message.AtRegistry, message.ChangeNoticeLetter, message.ChangeNotice{ID: "n-1", Attributes: a, Fact: message.Changed, At: start.Add(time.Hour)}, "")
		var id string
		answers := func(outcome message.Outcome, want string) {
			t.Helper()
			hand(d, message.AtRevocation, message.RevocationLetter, message.Revocation{OrderID: id, Outcome: outcome}, want)
		}
		id = "of-nobody"
		answers(message.OutcomeRevoked, "link.no_order")
		id = d.ordered()[0].ID // answered by the peer
		for _, tt := range []struct{ outcome, want message.Outcome }{
			{message.OutcomeWaiting, message.OutcomeRevoked}, {message.OutcomeUnchanged, message.OutcomeUnchanged},
			{message.OutcomeWaiting, message.OutcomeUnchanged}, {message.OutcomeRefused, message.OutcomeRefused},
		} {
			answers(tt.outcome, "")
			if got := d.outcomes(); got[tt.want] != 1 {
				t.Errorf("after the answer %s: %v, want %s", tt.outcome, got, tt.want)
			}
		}
		answers("perhaps", "link.answer_invalid")
	})
}

// A call about a lost card holds what has the four attributes and has not ended, of both kinds, once.
//
// Law: 公的個人認証法 §10
func TestHold(t *testing.T) {
	a := person("見本　花子", "１")
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		d := newDesk(t, e)
		hand(d, message.AtCA, message.HolderRecordLetter, certificate(start.AddDate(-5, 0, -1), jpki.Signing, 2, a), "") // has ended
		hand(d, message.AtCA, message.HolderRecordLetter, certificate(start, jpki.Signing, 3, a), "")
		hand(d, message.AtCA, message.HolderRecordLetter, certificate(start, jpki.Authentication, 3, a), "")
		hand(d, message.AtCA, message.HolderRecordLetter, certificate(start, jpki.Signing, 4, person("見本　花子", "２")), "")
		call := link.HoldRequest{ID: "call-1", Attributes: a}
		for range 2 {
			if met, err := d.link.Hold(t.Context(), helpdesk, call); met != 2 || err != nil {
				t.Errorf("Hold = %d, %v, want 2", met, err)
			}
		}
		orders := d.ordered()
		if diff := cmp.Diff([]string{"auth 03", "sign 03"}, names(orders)); diff != "" || len(orders) != 2 || orders[0].Ground != message.Suspicion {
			t.Errorf("%d orders, want 2 on suspicion; held: -want +got\n%s", len(orders), diff)
		}
		stranger := link.HoldRequest{ID: "call-2", Attributes: person("例示　太郎", "１")}
		if met, err := d.link.Hold(t.Context(), helpdesk, stranger); met != 0 || err != nil {
			t.Errorf("Hold of a stranger = %d, %v, want 0", met, err)
		}
		refused := map[string]link.HoldRequest{
			"link.hold_reused":  {ID: "call-1", Attributes: stranger.Attributes},
			"link.hold_invalid": {ID: "call-3"},
		}
		for want, h := range refused {
			if _, err := d.link.Hold(t.Context(), helpdesk, h); fault.KeyOf(err) != want {
				t.Errorf("Hold = %v, want %s", err, want)
			}
		}
		if _, err := d.link.Hold(t.Context(), authz.Actor{Office: authz.Counter}, call); fault.KindOf(err) != fault.Denied {
			t.Errorf("Hold by a counter = %v, want it denied", err)
		}
		d.silent(a)
	})
}

// silent checks that no entry of the link server's audit log holds one of the attributes.
func (d *desk) silent(a message.Attributes) {
	d.t.Helper()
	for _, entry := range d.audited(message.AtLink) {
		for _, secret := range []string{a.Name, a.Address, a.Birth.String()} {
			if strings.Contains(fmt.Sprint(entry), secret) {
				d.t.Errorf("entry %s of %s holds an attribute", entry.Act, entry.Subject)
			}
		}
	}
}
