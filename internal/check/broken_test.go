package check_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/verify/verifytest"
	"golang.org/x/crypto/ocsp"
)

// replaced issues a certificate anew, in the place of another.
func (w *world) replaced(t testing.TB, ca *verifytest.CA, i int, change ...func(*jpki.Certificate)) {
	t.Helper()
	old := w.issues[i]
	validity := func(c *jpki.Certificate) { c.NotBefore, c.NotAfter = old.NotBefore, old.NotAfter }
	h := ca.Issue(t, old.Serial, verifytest.Mihon, append([]func(*jpki.Certificate){validity}, change...)...)
	w.issues[i] = issueOf(t, ca, h.DER, old.Holder)
}

// exchange replaces the value of an extension.
func exchange[V jpki.ExtensionValue](value V) func(*jpki.Certificate) {
	return func(c *jpki.Certificate) {
		for i, e := range c.Extensions {
			if _, ok := e.Value.(V); ok {
				c.Extensions[i].Value = value
			}
		}
	}
}

func flipLast(encoded []byte) []byte {
	altered := bytes.Clone(encoded)
	altered[len(altered)-1] ^= 1
	return altered
}

// broken is one thing that goes wrong in the world, and the findings that must come of it.
type broken struct {
	name  string
	do    func(t *testing.T, w *world)
	what  string // of each finding
	which int    // the certificate, or one of those below
}

const (
	someList  = -1 // the finding names a list
	authority = -2 // or a CA certificate
)

func run(t *testing.T, tests []broken) {
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			tt.do(t, w)
			got := examine(t, w.source(t))
			if len(got.Findings) != 1 || got.Findings[0].What != tt.what {
				t.Fatalf("findings %+v, want one, %s", got.Findings, tt.what)
			}
			if which := got.Findings[0].Which; tt.which >= 0 && which[len(which)-3:] != "/"+serial(tt.which).String() {
				t.Errorf("finding %+v, want certificate %s", got.Findings[0], serial(tt.which))
			}
		})
	}
}

// Each link between a key, a record and a certificate, broken alone, is found alone.
func TestBrokenCertificates(t *testing.T) {
	run(t, []broken{
		{"signature altered", func(t *testing.T, w *world) { w.issues[hanako].Certificate = flipLast(w.issues[hanako].Certificate) }, "certificate.signature", hanako},
		{"signed by another generation", func(t *testing.T, w *world) {
			impostor := *w.first
			impostor.Key = w.second.Key
			w.replaced(t, &impostor, hanako)
		}, "certificate.signature", hanako},
		{"of another generation than recorded", func(t *testing.T, w *world) {
			w.replaced(t, w.second, hanako)
			w.issues[hanako].Issuer = idOf(w.first)
			w.answers[serial(hanako)] = func(r *ocsp.Response) { r.Status = ocsp.Good }
		}, "certificate.issuer", hanako},
		{"not what was recorded", func(t *testing.T, w *world) { w.issues[hanako].TBS[len(w.issues[hanako].TBS)-1] ^= 1 }, "certificate.recorded", hanako},
		{"recorded validity differs", func(t *testing.T, w *world) { w.issues[hanako].NotAfter = end.Add(time.Second) }, "certificate.recorded", hanako},
		{"unreadable", func(t *testing.T, w *world) {
			w.issues[shiro].Certificate = []byte("none")
			w.revocations = w.revocations[:4]
		}, "certificate.malformed", shiro},
		{"key usage", func(t *testing.T, w *world) { w.replaced(t, w.first, hanako, exchange(jpki.DigitalSignature)) }, "certificate.profile", hanako},
		{"key identifier", func(t *testing.T, w *world) {
			w.replaced(t, w.first, hanako, exchange(jpki.SubjectKeyID("another key")))
		}, "certificate.profile", hanako},
		{"extension missing", func(t *testing.T, w *world) {
			w.replaced(t, w.first, hanako, func(c *jpki.Certificate) {
				for i, e := range c.Extensions {
					if _, ok := e.Value.(jpki.IssuerAltName); ok {
						c.Extensions = append(c.Extensions[:i:i], c.Extensions[i+1:]...)
						return
					}
				}
			})
		}, "certificate.profile", hanako},
		{"ends in the course of a day", func(t *testing.T, w *world) {
			w.replaced(t, w.first, hanako, func(c *jpki.Certificate) { c.NotAfter = end.Add(-time.Hour) })
		}, "certificate.profile", hanako},
		{"longer than the law has it", func(t *testing.T, w *world) {
			w.replaced(t, w.first, hanako, func(c *jpki.Certificate) { c.NotAfter = end.AddDate(3, 0, 0) })
		}, "certificate.profile", hanako},
		{"longer than its CA", func(t *testing.T, w *world) {
			*w.second = *verifytest.NewCA(t, jpki.SigningCA, 2, func(c *jpki.Certificate) { c.NotAfter = now.AddDate(1, 0, 0) })
			w.authorities[1] = w.second.DER
			w.replaced(t, w.second, taroAgain)
		}, "certificate.profile", taroAgain},
		{"two numbers of one series", func(t *testing.T, w *world) {
			w.replaced(t, w.second, taroAgain, func(c *jpki.Certificate) { c.Serial = serial(hanako) })
		}, "certificate.serial", hanako},
		{"number of the CA itself", func(t *testing.T, w *world) {
			w.replaced(t, w.second, taroAgain, func(c *jpki.Certificate) { c.Serial = 1 })
		}, "certificate.serial", 1 - 16},
		{"one request twice", func(t *testing.T, w *world) { w.issues[jiro].Request = w.issues[hanako].Request }, "issue.request", jiro},
		{"of a CA that is not there", func(t *testing.T, w *world) {
			w.issues[shiro].Issuer, w.revocations = "00", w.revocations[:4]
		}, "issue.issuer", shiro},
		{"CA certificate altered", func(t *testing.T, w *world) { w.authorities[0] = flipLast(w.authorities[0]) }, "authority.signature", authority},
		{"CA certificate twice", func(t *testing.T, w *world) { w.authorities = append(w.authorities, w.authorities[0]) }, "authority.repeated", authority},
		{"unreadable CA certificate", func(t *testing.T, w *world) { w.authorities = append(w.authorities, []byte("none")) }, "authority.malformed", authority},
		{"holder's certificate for one of a CA", func(t *testing.T, w *world) { w.authorities = append(w.authorities, w.issues[hanako].Certificate) }, "authority.kind", authority},
	})
}

// Nobody has two certificates of one kind in force at any instant.
//
// Law: 公的個人認証法 §6
func TestTwoInForce(t *testing.T) {
	run(t, []broken{
		{"never revoked", func(t *testing.T, w *world) { w.issues[taro].Ended = time.Time{} }, "holder.two", taroAgain},
		{"issued before the other had ended", func(t *testing.T, w *world) {
			w.issues[taro].Ended = w.issues[taroAgain].NotBefore.Add(time.Second)
			w.revocations[0].RevokedAt = w.issues[taro].Ended
			w.revocations[0].MadeAt = w.issues[taro].Ended
			w.change("mihon first", func(l *list) { l.entries = entries(w.revocations[0]) })
		}, "holder.two", taroAgain},
		{"one of them not signed yet", func(t *testing.T, w *world) {
			i := w.issues[hanako]
			i.Serial, i.Request, i.Certificate, i.NotBefore = 0x70, "r-2", nil, i.NotAfter
			w.issues = append(w.issues, i)
		}, "holder.two", 0x70 - 16},
		{"a hold does not end a certificate", func(t *testing.T, w *world) { w.issues[jiro].Holder = "hanako" }, "holder.two", jiro},
	})
	w := newWorld(t)
	w.issues[taroAgain].Ended = time.Time{}
	w.issues[taro].Ended = w.issues[taroAgain].NotBefore // at the very instant
	w.revocations[0].RevokedAt, w.revocations[0].MadeAt = w.issues[taro].Ended, w.issues[taro].Ended
	w.change("mihon first", func(l *list) { l.entries = entries(w.revocations[0]) })
	if got := examine(t, w.source(t)); !got.OK() {
		t.Errorf("one after the other: findings %+v, want none", got.Findings)
	}
}
