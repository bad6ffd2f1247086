//go:build judges

package judges_test

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/verify/verifytest"
)

var waiting = regexp.MustCompile(`^ACCEPT .*:(\d+) PID=`)

// responder is OpenSSL as the responder of a CA, over an index file.
type responder struct {
	url   string
	ca    string            // file
	certs map[string]string // files, by what OpenSSL knows of them
}

func newResponder(t testing.TB, options ...string) responder {
	t.Helper()
	now, dir := time.Now(), t.TempDir()
	ca := verifytest.NewCA(t, jpki.AuthenticationCA, 1)
	delegate := ca.Appoint(t, func(c *x509.Certificate) { c.NotBefore, c.NotAfter = now.Add(-time.Hour), now.Add(time.Hour) })
	key, err := x509.MarshalPKCS8PrivateKey(delegate.Key)
	if err != nil {
		t.Fatal(err)
	}
	r := responder{ca: pemFile(t, ca.DER), certs: map[string]string{}}
	index := ""
	for i, line := range []string{"good|V\t341231235959Z\t", "revoked|R\t341231235959Z\t260101000000Z,keyCompromise", "held|R\t341231235959Z\t260102000000Z,certificateHold"} {
		name, entry, _ := strings.Cut(line, "|")
		h := ca.Issue(t, jpki.Serial(0x067C6A80+i), verifytest.Mihon)
		r.certs[name] = pemFile(t, h.DER)
		index += fmt.Sprintf("%s\t%s\tunknown\t/CN=%s\n", entry, h.Serial, name)
	}
	r.certs["unknown"] = pemFile(t, ca.Issue(t, 0x067C6AFF, verifytest.Mihon).DER)
	for name, content := range map[string]string{"index": index, "key.pem": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := append([]string{"ocsp", "-index", filepath.Join(dir, "index"), "-CA", r.ca, "-rsigner", pemFile(t, delegate.Certificate.Raw),
		"-rkey", filepath.Join(dir, "key.pem"), "-port", "0", "-nmin", "5"}, options...)
	port, _ := launch(t, waiting, environment{}.command(t, find(t, "openssl"), args...))
	r.url = "http://127.0.0.1:" + port
	return r
}

// jpki ocsp query asks OpenSSL, which answers as a delegated responder over its index file.
//
// Req: R-VAL-05
func TestQueryAsksOpenSSL(t *testing.T) {
	program := build(t)
	for name, options := range map[string][]string{"named by name": nil, "named by key": {"-resp_key_id"}} {
		t.Run(name, func(t *testing.T) {
			r := newResponder(t, options...)
			for _, tt := range []struct {
				cert, want string
				code       int
			}{
				{"good", "status      good\n", 0},
				{"revoked", "reason      keyCompromise\nrevoked     2026-01-01T09:00:00+09:00\n", 1},
				{"held", "reason      certificateHold\nrevoked     2026-01-02T09:00:00+09:00\n", 1},
				{"unknown", "status      unknown\n", 1},
			} {
				for _, how := range [][]string{nil, {"-nonce"}, {"-sha256", "-nonce"}} {
					args := append([]string{"ocsp", "query", "-issuer", r.ca, "-cert", r.certs[tt.cert], "-url", r.url}, how...)
					out, code := finish(t, environment{}.command(t, program, args...))
					if code != tt.code || !strings.Contains(out, tt.want) || len(how) > 0 && !strings.Contains(out, "nonce       repeated") {
						t.Errorf("%s %v: exit status %d, want %d and %q\n%s", tt.cert, how, code, tt.code, tt.want, out)
					}
				}
			}
		})
	}
}

// A response that was saved is one that OpenSSL believes too, and jpki verify.
func TestSavedResponse(t *testing.T) {
	program, r := build(t), newResponder(t)
	saved := filepath.Join(t.TempDir(), "saved.der")
	if out, code := finish(t, environment{}.command(t, program, "ocsp", "query", "-issuer", r.ca, "-cert", r.certs["revoked"], "-url", r.url, "-out", saved)); code != 1 {
		t.Fatalf("exit status %d\n%s", code, out)
	}
	environment{}.says(t, "Response verify OK", "openssl", "ocsp", "-respin", saved, "-CAfile", r.ca, "-issuer", r.ca, "-cert", r.certs["revoked"], "-no_nonce")
	out, code := finish(t, environment{}.command(t, program, "ocsp", "show", saved))
	if code != 0 || !strings.Contains(out, "067C6A81  revoked  2026-01-01T09:00:00+09:00  keyCompromise") {
		t.Errorf("ocsp show: exit status %d\n%s", code, out)
	}
}

// jpki crl show says of lists what OpenSSL says: of those of this house, and of one of crypto/x509.
//
// Req: R-VAL-03
func TestShowsListsAsOpenSSL(t *testing.T) {
	program := build(t)
	files, err := filepath.Glob("../internal/revocation/crl/testdata/*.crl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden lists: %v", err)
	}
	foreign := verifytest.NewCA(t, jpki.SigningCA, 1).CRL(t, verifytest.Mihon, []x509.RevocationListEntry{
		verifytest.Revoke(0x80, verifytest.Now, 6), verifytest.Revoke(0x7FFFFFFFFFFFFFFF, verifytest.Now, 0),
	})
	for _, file := range append(files, newFile(t, foreign)) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			file, err := filepath.Abs(file)
			if err != nil {
				t.Fatal(err)
			}
			out, code := finish(t, environment{}.command(t, program, "crl", "show", "-json", file))
			var ours shownList
			if err := json.Unmarshal([]byte(out), &ours); err != nil || code != 0 {
				t.Fatalf("crl show: exit status %d, %v\n%s", code, err, out)
			}
			text := read(t, "openssl", "crl", "-inform", "DER", "-in", file, "-noout", "-text")
			contains(t, text, ours.lines())
			if got := strings.Count(text, "Serial Number: "); got != len(ours.Entries) || ours.Count != got {
				t.Errorf("%d entries (count %d), OpenSSL shows %d", len(ours.Entries), ours.Count, got)
			}
		})
	}
}

// shownList is the JSON of jpki crl show.
type shownList struct {
	Issuer, Number, IssuerKeyID string
	ThisUpdate, NextUpdate      time.Time
	Point, Only                 []string
	Count                       int
	Entries                     []struct {
		Serial, Reason         string
		RevokedAt, InvalidFrom time.Time
	}
}

// opensslReasons are OpenSSL's words for the reasons.
var opensslReasons = map[string]string{
	"keyCompromise": "Key Compromise", "cACompromise": "CA Compromise", "affiliationChanged": "Affiliation Changed", "superseded": "Superseded",
	"cessationOfOperation": "Cessation Of Operation", "certificateHold": "Certificate Hold",
}

// lines are what OpenSSL prints of the same list, every entry whole.
func (l shownList) lines() []string {
	const layout = "Jan _2 15:04:05 2006 GMT"
	spaced := strings.NewReplacer("=", " = ")
	only := ""
	if slices.Contains(l.Only, "cas") {
		only = "                Only CA Certificates" // it forgets to break the line
	}
	wants := []string{
		"Issuer: " + spaced.Replace(l.Issuer), "X509v3 CRL Number:\n" + l.Number, "Full Name:\n" + spaced.Replace(l.Point[0]) + only,
		"Last Update: " + l.ThisUpdate.Format(layout), "Next Update: " + l.NextUpdate.Format(layout),
	}
	for i, e := range l.Entries {
		text := "Serial Number: " + e.Serial + "\nRevocation Date: " + e.RevokedAt.Format(layout)
		if reason, ok := opensslReasons[e.Reason]; ok {
			text += "\nCRL entry extensions:\nX509v3 CRL Reason Code:\n" + reason
		}
		if !e.InvalidFrom.IsZero() {
			text += "\nInvalidity Date:\n" + e.InvalidFrom.Format(layout)
		}
		next := "" // what follows the last entry is not looked at
		if i+1 < len(l.Entries) {
			next = "Serial Number: " + l.Entries[i+1].Serial + "\n"
		}
		wants = append(wants, strings.TrimSuffix(text+"\n"+next, "\n"))
	}
	return wants
}
