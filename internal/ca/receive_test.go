package ca_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/ca/signer"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
)

const mihonCounter post.Address = "counter-99201"

// written returns the letters in the outbox, those of each stream in order.
func written(t *testing.T, o *office) []post.Letter {
	t.Helper()
	var letters []post.Letter
	err := o.db.View(t.Context(), func(tx *db.Tx) error {
		rows, err := tx.Query(t.Context(), `SELECT receiver, topic, kind, version, body FROM post_out ORDER BY receiver, topic, seq`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var l post.Letter
			if err := rows.Scan(&l.To, &l.Topic, &l.Kind.Name, &l.Kind.Version, &l.Body); err != nil {
				return err
			}
			letters = append(letters, l)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return letters
}

// lettersOf returns the bodies of all letters of a form to an office.
func lettersOf[M any](t *testing.T, o *office, to post.Address, topic post.Topic, f post.Form[M]) []M {
	t.Helper()
	var bodies []M
	for _, l := range written(t, o) {
		if l.To != to || l.Topic != topic || l.Kind != post.Kind(f) {
			continue
		}
		body, err := f.Read(post.Message{Letter: l})
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, body)
	}
	return bodies
}

// mail is the next letter of an office to the CA. It numbers each stream by itself.
type mail struct {
	*office
	last map[string]int64
}

func send[M any](t *testing.T, m *mail, from post.Address, topic post.Topic, f post.Form[M], body M) post.Receipt {
	t.Helper()
	l, err := f.Letter(message.AtCA, topic, body)
	if err != nil {
		t.Fatal(err)
	}
	stream := string(from) + "/" + string(topic)
	m.last[stream]++
	receipts, err := m.Receive(t.Context(), from, []post.Message{{Letter: l, Seq: m.last[stream], After: m.last[stream] - 1, Written: now}})
	if err != nil || len(receipts) != 1 {
		t.Fatalf("Receive = %v, %v", receipts, err)
	}
	if receipts[0].Outcome == post.Failed {
		m.last[stream]-- // it comes again
	}
	return receipts[0]
}

func (m *mail) ask(t *testing.T, from post.Address, r message.IssueRequest) post.Receipt {
	t.Helper()
	return send(t, m, from, message.TopicIssue, message.IssueRequestLetter, r)
}

func newMail(t *testing.T, change func(*ca.Config)) *mail {
	t.Helper()
	return &mail{founded(t, change), map[string]int64{}}
}

// A request by letter is answered by letter, and link server and validity service are told, with what the certificate says.
//
// Req: R-ISS-16, R-ISS-26, R-SYS-17
func TestIssueByLetter(t *testing.T) {
	m := newMail(t, nil)
	r := newApplicant(t, "hanako").request(jpki.Signing)
	r.Registered.Name = "見夲　花子" // the certificate has a substitute
	for range 2 {               // the second letter changes nothing
		if receipt := m.ask(t, mihonCounter, r); receipt.Outcome != post.Accepted {
			t.Fatalf("receipt = %+v, want accepted", receipt)
		}
	}
	answers := lettersOf(t, m.office, mihonCounter, message.TopicIssue, message.IssuedLetter)
	if len(answers) != 1 || answers[0].RequestID != r.ID {
		t.Fatalf("%d answers, want one to the request", len(answers))
	}
	c, err := jpki.Parse(answers[0].Certificate)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SignedBy(newest(t, m.office, jpki.SigningCA)); err != nil {
		t.Error(err)
	}
	notice, err := ca.NoticeOf(answers[0].Certificate)
	if err != nil {
		t.Fatal(err)
	}
	notices := lettersOf(t, m.office, message.AtRevocation, message.TopicCertificates, message.IssuedNoticeLetter)
	if diff := cmp.Diff(notice, notices[len(notices)-1]); diff != "" || len(notices) != 3 {
		t.Errorf("%d notices; of the certificate: -want +got\n%s", len(notices), diff)
	}
	record := message.HolderRecord{
		ID: r.ID, Attributes: r.Registered, Issuer: notice.Issuer, Serial: c.Serial, Kind: jpki.Signing, IssuedAt: c.NotBefore, NotAfter: c.NotAfter,
	}
	if diff := cmp.Diff([]message.HolderRecord{record}, lettersOf(t, m.office, message.AtLink, message.TopicCertificates, message.HolderRecordLetter)); diff != "" {
		t.Errorf("holder records: -want +got\n%s", diff)
	}
	checkNowhere(t, m.office, "見夲")
}

// checkNowhere looks through the CA's own tables for a text.
func checkNowhere(t *testing.T, o *office, text string) {
	t.Helper()
	for _, table := range []string{"record", "issuer", "audit_entry", "post_in"} {
		rows := dump(t, o, table)
		if len(rows) == 0 {
			t.Errorf("table %s is empty", table)
		}
		for _, row := range rows {
			if strings.Contains(row, text) {
				t.Errorf("table %s keeps registered attributes", table)
			}
		}
	}
}

func dump(t *testing.T, o *office, table string) (all []string) {
	t.Helper()
	err := o.db.View(t.Context(), func(tx *db.Tx) error {
		rows, err := tx.Query(t.Context(), "SELECT * FROM "+table)
		if err != nil {
			return err
		}
		defer rows.Close()
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		for rows.Next() {
			row := make([]any, len(columns))
			for i := range row {
				row[i] = new([]byte)
			}
			if err := rows.Scan(row...); err != nil {
				return err
			}
			var text strings.Builder
			for _, v := range row {
				text.Write(*v.(*[]byte))
			}
			all = append(all, text.String())
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// The validity service hears of a new CA with its certificate.
func TestFoundTells(t *testing.T) {
	o := founded(t, nil)
	notices := lettersOf(t, o, message.AtRevocation, message.TopicCertificates, message.IssuedNoticeLetter)
	issuers, err := o.Issuers(t.Context())
	if err != nil || len(notices) != 2 {
		t.Fatalf("%d notices, %v, want 2", len(notices), err)
	}
	for _, n := range notices {
		i := issuers[0]
		if n.Kind != i.ID.Kind {
			i = issuers[1]
		}
		if !bytes.Equal(n.Certificate, i.Certificate) {
			t.Errorf("notice of %s has no certificate, or another", n.Kind)
		}
	}
}

// What a rule refuses is answered and leaves nothing; it is no dead letter.
func TestRefusedByLetter(t *testing.T) {
	m := newMail(t, nil)
	hanako, taro := newApplicant(t, "hanako"), newApplicant(t, "taro")
	if receipt := m.ask(t, mihonCounter, hanako.request(jpki.Signing)); receipt.Outcome != post.Accepted {
		t.Fatal(receipt)
	}
	small, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		from   post.Address
		change func(*message.IssueRequest)
		want   string
	}{
		{"proof of another card", mihonCounter, func(r *message.IssueRequest) { r.Proof.CardSerial = "TEST000000000002" }, "ca.proof_invalid"},
		{"no name", mihonCounter, func(r *message.IssueRequest) { r.Person.Name = "" }, "ca.request_invalid"},
		{"key of another size", mihonCounter, func(r *message.IssueRequest) { r.Proof.PKCS10 = applicant{"taro", small}.request(r.Kind).Proof.PKCS10 }, "ca.request_invalid"},
		{"a second one in force", mihonCounter, func(r *message.IssueRequest) { r.Holder = "hanako" }, "ca.double_issue"},
		{"another under the same ID", mihonCounter, func(r *message.IssueRequest) { r.ID = hanako.request(jpki.Signing).ID }, "ca.request_reused"},
		{"counter of another municipality", "counter-99202", func(*message.IssueRequest) {}, "ca.other_municipality"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := taro.request(jpki.Signing)
			tt.change(&r)
			if receipt := m.ask(t, tt.from, r); receipt.Outcome != post.Accepted {
				t.Errorf("receipt = %+v, want accepted", receipt)
			}
			refusals := lettersOf(t, m.office, tt.from, message.TopicIssue, message.IssueRefusalLetter)
			if len(refusals) == 0 || refusals[len(refusals)-1] != (message.IssueRefusal{RequestID: r.ID, Reason: tt.want}) {
				t.Errorf("refusals = %v, want the last %s", refusals, tt.want)
			}
		})
	}
	if entries := refusedEntries(t, m.office); len(entries) != len(tests) {
		t.Errorf("%d audit entries with a fault, want %d", len(entries), len(tests))
	}
	m.ask(t, mihonCounter, taro.request(jpki.Signing))
	issued := lettersOf(t, m.office, mihonCounter, message.TopicIssue, message.IssuedLetter)
	if last := issued[len(issued)-1]; len(issued) != 2 || last.Serial != 3 {
		t.Errorf("%d issued, the last with serial %s; want 2, 03: a refusal uses up no number and no request ID", len(issued), last.Serial)
	}
	if n := count(t, m.office, "post_refused"); n != 0 {
		t.Errorf("%d dead letters, want none", n)
	}
}

func refusedEntries(t *testing.T, o *office) (faults []string) {
	t.Helper()
	err := o.db.View(t.Context(), func(tx *db.Tx) error {
		for r, err := range auditdb.Records(t.Context(), tx, auditdb.Filter{}) {
			if err != nil {
				return err
			}
			e, err := audit.Parse(r.Encoding)
			if err != nil {
				return err
			}
			if f := e.Detail["fault"]; f != "" {
				faults = append(faults, f)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return faults
}

// Nobody gets the certificate of another's request by asking the same.
func TestSameRequestOfAnotherOffice(t *testing.T) {
	m := newMail(t, nil)
	r := newApplicant(t, "hanako").request(jpki.Signing)
	m.ask(t, mihonCounter, r)
	m.ask(t, "sandbox", r)
	got := lettersOf(t, m.office, "sandbox", message.TopicIssue, message.IssueRefusalLetter)
	if len(got) != 1 || got[0].Reason != "ca.request_reused" {
		t.Errorf("answers = %v, want ca.request_reused", got)
	}
}

// What is only not possible now is tried again by the post, and then issued.
func TestTriedAgain(t *testing.T) {
	m := &mail{newOffice(t, nil), map[string]int64{}}
	r := newApplicant(t, "hanako").request(jpki.Signing)
	if receipt := m.ask(t, mihonCounter, r); receipt.Outcome != post.Failed || receipt.Reason != "ca.no_issuer" {
		t.Errorf("without a CA: receipt = %+v, want ca.no_issuer", receipt)
	}
	if _, err := m.Found(t.Context(), sandbox, jpki.SigningCA, ""); err != nil {
		t.Fatal(err)
	}
	if receipt := m.ask(t, mihonCounter, r); receipt.Outcome != post.Accepted {
		t.Errorf("with a CA: receipt = %+v, want accepted", receipt)
	}
	if got := lettersOf(t, m.office, mihonCounter, message.TopicIssue, message.IssuedLetter); len(got) != 1 {
		t.Errorf("%d answers, want one", len(got))
	}
}

// A key that cannot sign keeps no letter from being taken; the certificate is signed when it can.
func TestSignedLater(t *testing.T) {
	m := newMail(t, nil)
	open := m.Service
	var troubles []error
	c := m.Config
	c.Keys = &signer.Software{Dir: c.Keys.(*signer.Software).Dir, Passphrase: []byte("another")}
	c.Trouble = func(err error) { troubles = append(troubles, err) }
	locked, err := ca.New(c)
	if err != nil {
		t.Fatal(err)
	}
	m.Service = locked
	if receipt := m.ask(t, mihonCounter, newApplicant(t, "hanako").request(jpki.Signing)); receipt.Outcome != post.Accepted {
		t.Errorf("receipt = %+v, want accepted", receipt)
	}
	if len(troubles) != 1 || !errors.Is(troubles[0], signer.ErrPassphrase) {
		t.Errorf("troubles = %v, want the key that does not open", troubles)
	}
	if err := open.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := lettersOf(t, m.office, mihonCounter, message.TopicIssue, message.IssuedLetter); len(got) != 1 {
		t.Errorf("%d answers, want one", len(got))
	}
}
