package revocation_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/post/postdb"
	"github.com/openjpki/jpki/internal/revocation"
)

// desk sends letters to the validity service as one office, one after the other.
type desk struct {
	*rig
	at  post.Address
	seq map[post.Topic]int64
}

func (r *rig) desk(at post.Address) *desk { return &desk{r, at, map[post.Topic]int64{}} }

// next makes the next message of a stream.
func (d *desk) next(topic post.Topic, kind post.Kind, body []byte) post.Message {
	d.seq[topic]++
	return post.Message{
		From: d.at, Letter: post.Letter{To: message.AtRevocation, Topic: topic, Kind: kind, Operator: "op-7", Body: body},
		Seq: d.seq[topic], After: d.seq[topic] - 1, Written: begin,
	}
}

func (d *desk) order(t testing.TB, o message.RevocationOrder) post.Message {
	t.Helper()
	return d.next(message.TopicOrders, post.Kind(message.RevocationOrderLetter), body(t, o))
}

func (d *desk) notice(t testing.TB, c *jpki.Certificate) post.Message {
	t.Helper()
	n, err := ca.NoticeOf(encoded(t, c))
	if err != nil {
		t.Fatal(err)
	}
	return d.next(message.TopicCertificates, post.Kind(message.IssuedNoticeLetter), body(t, n))
}

func body(t testing.TB, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// give hands messages over and returns outcome and reason of each.
func (d *desk) give(t testing.TB, batch ...post.Message) []string {
	t.Helper()
	receipts, err := d.Receive(t.Context(), d.at, batch)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, r := range receipts {
		text := string(r.Outcome)
		if r.Reason != "" {
			text += " " + r.Reason
		}
		all = append(all, text)
	}
	return all
}

// answers returns the letters of a form that wait for an office, in their order.
func answers[M any](t testing.TB, r *rig, form post.Form[M], to post.Address, topic post.Topic) (all []M) {
	t.Helper()
	waiting, err := postdb.Outbox{DB: r.db}.Waiting(t.Context(), to, r.clock.Now(), 1<<20, 1<<20, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range waiting {
		if w.Topic != topic {
			t.Errorf("a letter to %s of topic %s", to, w.Topic)
			continue
		}
		m, err := form.Read(w.Message)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

// entries returns outcome and fault of the audit entries of an act, with the law they name.
func (r *rig) entries(t testing.TB, act string) (all []string) {
	t.Helper()
	err := r.db.View(t.Context(), func(tx *db.Tx) error {
		for record, err := range auditdb.Records(t.Context(), tx, auditdb.Filter{}) {
			if err != nil {
				return err
			}
			e, err := audit.Parse(record.Encoding)
			if err != nil {
				return err
			}
			if string(e.Act) == act {
				all = append(all, string(e.Outcome)+" "+e.Detail["fault"]+" "+e.Law)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// eachRig runs f with a rig on each kind of database.
func eachRig(t *testing.T, c config, f func(t *testing.T, r *rig)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		c.url = e.New(t)
		f(t, newRig(t, c))
	})
}

// Offices tell and order by letter, and have their answers by letter: at once, and again when an order has waited. The CA
// hears of what is revoked for good and of nothing else.
//
// Req: R-REG-07, R-REV-07
func TestReceive(t *testing.T) {
	eachRig(t, config{}, func(t *testing.T, r *rig) {
		authority, counter, link := r.desk("ca"), r.desk("counter-99201"), r.desk("link")
		hanako, _ := r.issue(t, "hanako", jpki.Signing, mihon)
		taro, _ := r.issue(t, "taro", jpki.Authentication, mihon)
		if got := authority.give(t, authority.notice(t, hanako)); !cmp.Equal(got, []string{"accepted"}) {
			t.Errorf("the CA's notice: %q", got)
		}
		ordered := r.clock.Now()
		r.clock.advance(time.Minute)
		late := counter.order(t, message.RevocationOrder{ID: "o-2", Issuer: keyOf(taro), Serial: taro.Serial, Ground: message.Compromise, RecordedAt: ordered})
		hold := link.order(t, message.RevocationOrder{ID: "o-1", Issuer: keyOf(hanako), Serial: hanako.Serial, Ground: message.Suspicion, RecordedAt: ordered})
		if got := append(link.give(t, hold), counter.give(t, late, late)...); !cmp.Equal(got, []string{"accepted", "accepted", "accepted"}) {
			t.Errorf("orders: %q", got)
		}
		if got := authority.give(t, authority.notice(t, taro)); !cmp.Equal(got, []string{"accepted"}) {
			t.Errorf("the CA's notice: %q", got)
		}
		check := func(to post.Address, want ...message.Revocation) {
			t.Helper()
			if diff := cmp.Diff(want, answers(t, r, message.RevocationLetter, to, message.TopicOrders)); diff != "" {
				t.Errorf("answers to %s: -want +got\n%s", to, diff)
			}
		}
		check("link", message.Revocation{OrderID: "o-1", Outcome: message.OutcomeHeld, Reason: message.CertificateHold, RevokedAt: ordered})
		check("counter-99201", message.Revocation{OrderID: "o-2", Outcome: message.OutcomeWaiting},
			message.Revocation{OrderID: "o-2", Outcome: message.OutcomeRevoked, Reason: message.KeyCompromise, RevokedAt: ordered})
		revoked := answers(t, r, message.RevokedLetter, message.AtCA, message.TopicRevoked)
		if diff := cmp.Diff([]message.Revoked{{Issuer: keyOf(taro), Serial: taro.Serial, RevokedAt: ordered}}, revoked); diff != "" {
			t.Errorf("the CA is told: -want +got\n%s", diff)
		}
		want := []string{"allowed  公的個人認証法第10条", "allowed  公的個人認証法第10条"}
		if diff := cmp.Diff(want, r.entries(t, string(revocation.ActRevoke))); diff != "" {
			t.Errorf("audit entries of orders: -want +got\n%s", diff)
		}
		r.verifyAudit(t)
	})
}

// An order against a rule is answered and on the audit log as what it was; what is no order at all, or comes from an office
// that orders nothing, is a dead letter. Neither holds up the next.
func TestReceiveRefuses(t *testing.T) {
	eachRig(t, config{}, func(t *testing.T, r *rig) {
		signing, _ := r.known(t, "hanako", jpki.Signing, mihon)
		login, _ := r.known(t, "hanako", jpki.Authentication, mihon)
		waits, _ := r.issue(t, "taro", jpki.Authentication, mihon)
		counter, link, kiosk := r.desk("counter-99201"), r.desk("link"), r.desk("kiosk-1")
		other := r.order(signing, "o-1", message.Compromise)
		short := r.order(signing, "o-4", message.Compromise)
		short.Issuer = "sign-ca-1"
		got := counter.give(t, counter.order(t, r.order(signing, "o-1", message.Suspicion)), counter.order(t, other),
			counter.order(t, r.order(signing, "o-2", message.Removal)), counter.order(t, r.order(login, "o-3", message.Substitution)),
			counter.order(t, short), counter.next(message.TopicOrders, post.Kind(message.RevocationOrderLetter), []byte("{}x")),
			counter.order(t, r.order(waits, "o-5", message.Substitution)), counter.order(t, r.order(signing, "o-6", message.Voluntary)))
		want := []string{"accepted", "accepted", "accepted", "accepted", "refused revocation.order_invalid", "refused post.body", "accepted", "accepted"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("receipts: -want +got\n%s", diff)
		}
		if got := link.give(t, link.order(t, r.order(signing, "o-1", message.Change))); !cmp.Equal(got, []string{"accepted"}) {
			t.Errorf("another office's order under the same ID: %q", got)
		}
		if got := kiosk.give(t, kiosk.order(t, r.order(signing, "o-8", message.Compromise))); !cmp.Equal(got, []string{"refused authz.denied"}) {
			t.Errorf("the kiosk's order: %q", got)
		}
		r.tell(t, encoded(t, waits))
		now := r.clock.Now()
		replies := []message.Revocation{
			{OrderID: "o-1", Outcome: message.OutcomeHeld, Reason: message.CertificateHold, RevokedAt: now},
			{OrderID: "o-1", Outcome: message.OutcomeRefused, Refusal: "revocation.order_reused"},
			{OrderID: "o-2", Outcome: message.OutcomeRefused, Refusal: "authz.denied"},
			{OrderID: "o-3", Outcome: message.OutcomeRefused, Refusal: "revocation.not_applicable"},
			{OrderID: "o-5", Outcome: message.OutcomeWaiting},
			{OrderID: "o-6", Outcome: message.OutcomeRevoked, Reason: message.CessationOfOperation, RevokedAt: now},
			{OrderID: "o-5", Outcome: message.OutcomeRefused, Refusal: "revocation.not_applicable"},
		}
		if diff := cmp.Diff(replies, answers(t, r, message.RevocationLetter, "counter-99201", message.TopicOrders)); diff != "" {
			t.Errorf("answers: -want +got\n%s", diff)
		}
		entries := []string{
			"allowed  公的個人認証法第10条", "failed revocation.order_reused 公的個人認証法第10条", "denied authz.denied 公的個人認証法第12条",
			"failed revocation.not_applicable 公的個人認証法第9条", "failed revocation.order_invalid 公的個人認証法第10条", "failed post.body ",
			"allowed  公的個人認証法第9条", "allowed  公的個人認証法第9条", "allowed  公的個人認証法第12条", "denied  ",
		}
		if diff := cmp.Diff(entries, r.entries(t, string(revocation.ActRevoke))); diff != "" {
			t.Errorf("audit entries: -want +got\n%s", diff)
		}
		r.verifyAudit(t)
	})
}

// What cannot be told of is not done: the record goes with the letters that tell of it.
func TestNoRecordWithoutLetters(t *testing.T) {
	r := newRig(t, config{})
	c, _ := r.known(t, "hanako", jpki.Signing, mihon)
	r.exec(t, `CREATE TRIGGER full BEFORE INSERT ON post_out WHEN NEW.receiver = 'ca' BEGIN SELECT RAISE(ABORT, 'disk full'); END`)
	counter := r.desk("counter-99201")
	order := counter.order(t, r.order(c, "o-1", message.Voluntary))
	if got := counter.give(t, order); !cmp.Equal(got, []string{"failed internal"}) {
		t.Errorf("receipt %q, want a failure", got)
	}
	if record, ok := r.lastRecord(t, c); ok || r.count(t, "revocation_order") != 0 {
		t.Errorf("record %+v without a letter to the CA", record)
	}
	r.exec(t, `DROP TRIGGER full`)
	if got := counter.give(t, order); !cmp.Equal(got, []string{"accepted"}) {
		t.Errorf("receipt %q of the second attempt", got)
	}
	if _, ok := r.lastRecord(t, c); !ok {
		t.Error("no record after the second attempt")
	}
}

// Observers see each letter once.
func TestReceiveIsObserved(t *testing.T) {
	var seen []string
	r := newRig(t, config{change: func(c *revocation.Config) {
		c.Observe = func(e post.Event) { seen = append(seen, e.Message+" "+string(e.What)) }
	}})
	c, _ := r.known(t, "hanako", jpki.Signing, mihon)
	counter := r.desk("counter-99201")
	order := counter.order(t, r.order(c, "o-1", message.Voluntary))
	counter.give(t, order, order)
	counter.give(t, counter.next(message.TopicOrders, post.Kind{Name: "revocation_order", Version: 2}, []byte("{}")))
	want := []string{"counter-99201/revocation/orders/1 applied", "counter-99201/revocation/orders/2 refused"}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("events: -want +got\n%s", diff)
	}
}

func keyOf(c *jpki.Certificate) message.IssuerID { return message.IssuerID(c.IssuerKeyID().String()) }
