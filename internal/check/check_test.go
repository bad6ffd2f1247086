package check_test

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/check"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/verify/pkix"
	"github.com/openjpki/jpki/verify/verifytest"
	"golang.org/x/crypto/ocsp"
)

var now = verifytest.Now

// end is the last second of the validity of holders' certificates.
var end = time.Date(2030, 2, 17, 14, 59, 59, 0, time.UTC)

// world is a small nation: two generations of the signing CA, one of the authentication CA, certificates of four holders,
// some of them revoked, with lists and a responder. Tests change it before it is examined.
type world struct {
	first, second, login *verifytest.CA
	issues               []check.Issue
	revocations          []check.Revocation
	lists                map[string]list // by municipality and CA
	answers              map[jpki.Serial]func(*ocsp.Response)
	at                   time.Time
	authorities          [][]byte
}

// list is what a list is made of.
type list struct {
	ca       *verifytest.CA
	m        jpki.Municipality // zero for the list of CAs
	number   int64
	recorded uint64
	entries  []x509.RevocationListEntry
	change   []func(*x509.RevocationList)
	broken   func([]byte) []byte
}

const (
	hanako = iota // signing, in force
	hanakoLogin
	taro      // signing, revoked; another one in force
	taroAgain // of the second generation
	jiro      // signing, held and then revoked
	jiroLogin // on hold
	shiro     // signing, ended in the course of time
)

// serials are given in the order of the constants, from 16 on.
func serial(i int) jpki.Serial { return jpki.Serial(16 + i) }

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{
		first: verifytest.NewCA(t, jpki.SigningCA, 1), second: verifytest.NewCA(t, jpki.SigningCA, 2), login: verifytest.NewCA(t, jpki.AuthenticationCA, 1),
		at: now, lists: map[string]list{}, answers: map[jpki.Serial]func(*ocsp.Response){},
	}
	w.authorities = [][]byte{w.first.DER, w.second.DER, w.login.DER}
	yearAgo, monthAgo := now.AddDate(-1, 0, 0), now.AddDate(0, -1, 0)
	w.issue(t, w.first, hanako, "hanako", verifytest.Mihon, yearAgo, end)
	w.issue(t, w.login, hanakoLogin, "hanako", verifytest.Mihon, yearAgo, end)
	w.issue(t, w.first, taro, "taro", verifytest.Mihon, yearAgo, end)
	w.issue(t, w.second, taroAgain, "taro", verifytest.Mihon, monthAgo, end)
	w.issue(t, w.first, jiro, "jiro", verifytest.Rei, yearAgo, end)
	w.issue(t, w.login, jiroLogin, "jiro", verifytest.Rei, yearAgo, end)
	w.issue(t, w.first, shiro, "shiro", verifytest.Rei, yearAgo, time.Date(2026, 5, 20, 14, 59, 59, 0, time.UTC))
	w.issues = append(w.issues, issueOf(t, w.login, responder(t, w.login, serial(shiro+1)), ""))
	held := now.AddDate(0, 0, -20)
	w.revoke(w.first, taro, message.AffiliationChanged, monthAgo.Add(-time.Hour))
	w.issues[taro].Ended = monthAgo.Add(-time.Hour)
	w.revoke(w.first, jiro, message.CertificateHold, held)
	w.revoke(w.login, jiroLogin, message.CertificateHold, held)
	w.revoke(w.first, jiro, message.KeyCompromise, held)
	w.revocations[3].MadeAt = now.AddDate(0, 0, -2)
	w.revoke(w.first, shiro, message.Superseded, held) // before it ended; it has left the list since
	w.lists["mihon first"] = list{ca: w.first, m: verifytest.Mihon, entries: entries(w.revocations[0])}
	w.lists["mihon second"] = list{ca: w.second, m: verifytest.Mihon}
	w.lists["mihon login"] = list{ca: w.login, m: verifytest.Mihon}
	w.lists["rei first"] = list{ca: w.first, m: verifytest.Rei, entries: entries(w.revocations[3])}
	w.lists["rei login"] = list{ca: w.login, m: verifytest.Rei, entries: entries(w.revocations[2])}
	w.lists["first"], w.lists["second"], w.lists["login"] = list{ca: w.first}, list{ca: w.second}, list{ca: w.login}
	return w
}

// responder issues the certificate of a responder.
func responder(t testing.TB, ca *verifytest.CA, n jpki.Serial) []byte {
	t.Helper()
	c, err := ca.Profile.Responder(ca.Certificate, n, jpki.Validity{NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour)}, verifytest.NewKey(t, ca.Suite).Public())
	if err != nil {
		t.Fatal(err)
	}
	tbs, err := c.TBS()
	if err != nil {
		t.Fatal(err)
	}
	if c.Signature, err = ca.Suite.Sign(nil, ca.Key, tbs); err != nil {
		t.Fatal(err)
	}
	encoded, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func idOf(ca *verifytest.CA) message.IssuerID {
	return message.IssuerID(ca.Certificate.KeyID().String())
}

func (w *world) issue(t testing.TB, ca *verifytest.CA, i int, holder message.Holder, m jpki.Municipality, from, to time.Time, change ...func(*jpki.Certificate)) {
	t.Helper()
	validity := func(c *jpki.Certificate) { c.NotBefore, c.NotAfter = from, to }
	h := ca.Issue(t, serial(i), m, append([]func(*jpki.Certificate){validity}, change...)...)
	w.issues = append(w.issues, issueOf(t, ca, h.DER, holder))
}

// issueOf is the record of a certificate.
func issueOf(t testing.TB, ca *verifytest.CA, encoded []byte, holder message.Holder) check.Issue {
	t.Helper()
	c, err := jpki.Parse(encoded)
	if err != nil {
		t.Fatal(err)
	}
	tbs, err := c.TBS()
	if err != nil {
		t.Fatal(err)
	}
	return check.Issue{
		Issuer: idOf(ca), Serial: c.Serial, Kind: c.Kind, Holder: holder, Request: fmt.Sprintf("r-%s-%s", idOf(ca), c.Serial),
		NotBefore: c.NotBefore, NotAfter: c.NotAfter, TBS: tbs, Certificate: encoded,
	}
}

func (w *world) revoke(ca *verifytest.CA, i int, reason message.Reason, at time.Time) {
	w.revocations = append(w.revocations, check.Revocation{Issuer: idOf(ca), Serial: serial(i), Reason: reason, RevokedAt: at, MadeAt: at.Add(time.Minute)})
}

func entries(of ...check.Revocation) (list []x509.RevocationListEntry) {
	for _, r := range of {
		list = append(list, verifytest.Revoke(r.Serial, r.RevokedAt, int(r.Reason)))
	}
	return list
}

// change changes one list.
func (w *world) change(name string, f func(*list)) {
	l := w.lists[name]
	f(&l)
	w.lists[name] = l
}

func (l list) build(t testing.TB) check.List {
	t.Helper()
	number := l.number
	if number == 0 {
		number = 7
	}
	recorded := l.recorded
	if recorded == 0 {
		recorded = uint64(number)
	}
	numbered := func(r *x509.RevocationList) { r.Number = big.NewInt(number) }
	point := l.ca.CRLPartition(l.ca.Certificate.Kind, l.m)
	if l.m == (jpki.Municipality{}) {
		point = l.ca.Certificate.Subject
		scope := verifytest.Scope(t, point, 0x82, 1, 0xFF)
		l.change = append([]func(*x509.RevocationList){func(r *x509.RevocationList) { r.ExtraExtensions[0] = scope }}, l.change...)
	}
	encoded := l.ca.CRL(t, l.m, l.entries, append([]func(*x509.RevocationList){numbered}, l.change...)...)
	if l.broken != nil {
		encoded = l.broken(encoded)
	}
	return check.List{
		Issuer: idOf(l.ca), Point: verifytest.Encode(t, point), Number: recorded,
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(encoded)), nil },
	}
}

// source gives everything to the examiner.
func (w *world) source(t testing.TB) check.Source {
	t.Helper()
	var lists []check.List
	for _, l := range w.lists {
		lists = append(lists, l.build(t))
	}
	return check.Source{
		At: w.at, Authorities: seq(w.authorities), Issues: seq(w.issues), Revocations: seq(w.revocations), Lists: seq(lists),
		Answer: func(request []byte) ([]byte, error) { return w.answer(t, request) },
	}
}

func seq[T any](values []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range values {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// answer is a responder: what is on record, changed by a test.
func (w *world) answer(t testing.TB, request []byte) ([]byte, error) {
	t.Helper()
	asked, err := ocsp.ParseRequest(request)
	if err != nil {
		return nil, err
	}
	n := jpki.Serial(asked.SerialNumber.Uint64())
	for _, ca := range []*verifytest.CA{w.first, w.second, w.login} {
		issuer, err := pkix.ParseCertificate(ca.DER)
		if err != nil {
			return nil, err
		}
		id, err := pkix.NewCertID(asked.HashAlgorithm, pkix.Serial(asked.SerialNumber.Bytes()), issuer.Subject, issuer.Key)
		if err != nil || id.KeyHash != string(asked.IssuerKeyHash) {
			continue
		}
		change := w.answers[n]
		if change == nil {
			change = func(*ocsp.Response) {}
		}
		return ca.OCSP(t, n, func(r *ocsp.Response) { r.IssuerHash = asked.HashAlgorithm }, w.onRecord(idOf(ca), n), change), nil
	}
	return nil, errors.New("no such issuer")
}

func (w *world) onRecord(issuer message.IssuerID, n jpki.Serial) func(*ocsp.Response) {
	return func(r *ocsp.Response) {
		if !slices.ContainsFunc(w.issues, func(i check.Issue) bool { return i.Issuer == issuer && i.Serial == n }) {
			r.Status = ocsp.Unknown
		}
		for _, record := range w.revocations {
			if record.Issuer == issuer && record.Serial == n && !record.MadeAt.After(r.ThisUpdate) {
				r.Status, r.RevokedAt, r.RevocationReason = ocsp.Revoked, record.RevokedAt, int(record.Reason)
			}
		}
	}
}

func examine(t testing.TB, s check.Source) check.Report {
	t.Helper()
	report, err := check.Run(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		for _, secret := range []string{"見本", "花子", "架空県", "Mihon", "hanako", "taro"} {
			if strings.Contains(f.What+f.Which+f.Why, secret) {
				t.Errorf("finding %+v holds %q", f, secret)
			}
		}
	}
	return report
}

func TestInOrder(t *testing.T) {
	got := examine(t, newWorld(t).source(t))
	if !got.OK() {
		t.Errorf("findings %+v, want none", got.Findings)
	}
	if got.Authorities != 3 || got.Issues != 8 || got.Revocations != 5 || got.Lists != 8 || got.Entries != 3 || got.Answers != 6+3 {
		t.Errorf("report %+v", got)
	}
}
