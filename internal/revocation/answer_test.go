package revocation_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"math/big"
	"testing"
	"time"

	judge "golang.org/x/crypto/ocsp"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/revocation"
	"github.com/openjpki/jpki/internal/revocation/ocsp"
	"golang.org/x/crypto/cryptobyte"
)

// certIDs names certificates as a client does.
func certIDs(t testing.TB, hash crypto.Hash, issuer *jpki.Certificate, serials ...jpki.Serial) *ocsp.Request {
	t.Helper()
	ca, err := x509.ParseCertificate(encoded(t, issuer))
	if err != nil {
		t.Fatal(err)
	}
	request := new(ocsp.Request)
	for _, serial := range serials {
		der, err := judge.CreateRequest(&x509.Certificate{SerialNumber: new(big.Int).SetUint64(uint64(serial))}, ca, &judge.RequestOptions{Hash: hash})
		if err != nil {
			t.Fatal(err)
		}
		one, err := ocsp.ParseRequest(der)
		if err != nil {
			t.Fatal(err)
		}
		request.Queries = append(request.Queries, one.Queries...)
	}
	return request
}

func marshal(t testing.TB, r *ocsp.Request) []byte {
	t.Helper()
	der, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// ask asks for one certificate and has x/crypto/ocsp check the response, its signature and its responder.
func (r *rig) ask(t testing.TB, hash crypto.Hash, issuer *jpki.Certificate, serial jpki.Serial) *judge.Response {
	t.Helper()
	reply, err := r.Answer(t.Context(), revocation.Caller{}, marshal(t, certIDs(t, hash, issuer, serial)))
	if err != nil {
		t.Fatal(err)
	}
	return check(t, reply.DER, issuer, serial)
}

func check(t testing.TB, response []byte, issuer *jpki.Certificate, serial jpki.Serial) *judge.Response {
	t.Helper()
	ca, err := x509.ParseCertificate(encoded(t, issuer))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := judge.ParseResponseForCert(response, &x509.Certificate{SerialNumber: new(big.Int).SetUint64(uint64(serial))}, ca)
	if err != nil {
		t.Fatalf("response %X: %v", response, err)
	}
	if answer.Certificate == nil || !bytes.Equal(answer.Certificate.RawIssuer, ca.RawSubject) {
		t.Errorf("responder's certificate %v is not of the issuer", answer.Certificate)
	}
	return answer
}

func (r *rig) tick(t testing.TB) {
	t.Helper()
	if err := r.Tick(t.Context(), r.clock.Now()); err != nil {
		t.Fatal(err)
	}
}

// Req: R-SYS-23, R-REV-09
func TestAnswer(t *testing.T) {
	r := newRig(t, config{})
	good, first := r.known(t, "hanako", jpki.Signing, mihon)
	moved, _ := r.known(t, "taro", jpki.Signing, mihon)
	lost, _ := r.known(t, "jiro", jpki.Signing, reiji)
	spoilt, _ := r.known(t, "shiro", jpki.Signing, reiji)
	login, loginCA := r.known(t, "hanako", jpki.Authentication, mihon)
	second := r.found(t, jpki.SigningCA)
	younger, _ := r.known(t, "saburo", jpki.Signing, mihon)
	for id, o := range map[string]message.RevocationOrder{
		"o-1": r.order(moved, "o-1", message.Change), "o-2": r.order(lost, "o-2", message.Suspicion), "o-3": r.order(spoilt, "o-3", message.Discard),
	} {
		if _, err := r.Revoke(t.Context(), sandbox, o); err != nil {
			t.Fatal(id, err)
		}
	}
	r.tick(t)
	r.clock.advance(time.Minute)
	tests := []struct {
		name   string
		issuer *jpki.Certificate
		serial jpki.Serial
		status int
		reason message.Reason
	}{
		{"good", first, good.Serial, judge.Good, 0},
		{"revoked", first, moved.Serial, judge.Revoked, message.AffiliationChanged},
		{"on hold", first, lost.Serial, judge.Revoked, message.CertificateHold},
		{"revoked without a reason", first, spoilt.Serial, judge.Revoked, message.Unspecified},
		{"never issued", first, 0x7FFF, judge.Unknown, 0},
		{"of the next generation", second, younger.Serial, judge.Good, 0},
		{"of the next generation, asked of the first", first, younger.Serial, judge.Unknown, 0},
		{"of the other CA", loginCA, login.Serial, judge.Good, 0},
		{"the CA itself", first, first.Serial, judge.Good, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA256} {
				answer := r.ask(t, hash, tt.issuer, tt.serial)
				if answer.Status != tt.status || answer.RevocationReason != int(tt.reason) {
					t.Errorf("%v: status %d, reason %d, want %d, %s", hash, answer.Status, answer.RevocationReason, tt.status, tt.reason)
				}
				if tt.status == judge.Revoked && !answer.RevokedAt.Equal(begin) {
					t.Errorf("%v: revoked at %v, want %v", hash, answer.RevokedAt, begin)
				}
				if !answer.ThisUpdate.Equal(begin) || !answer.NextUpdate.Equal(begin.Add(30*time.Minute)) || !answer.ProducedAt.Equal(begin.Add(time.Minute)) {
					t.Errorf("%v: %v to %v, produced %v", hash, answer.ThisUpdate, answer.NextUpdate, answer.ProducedAt)
				}
			}
		})
	}
	r.verifyAudit(t)
}

// What is recorded is answered from the next tick on, at the latest after 15 minutes, and stands on the next day's list.
//
// Req: R-VAL-05, R-SLA-01
func TestRevocationShowsAtNextTick(t *testing.T) {
	r := newRig(t, config{})
	c, authority := r.known(t, "hanako", jpki.Signing, mihon)
	r.publish(t)
	r.tick(t)
	r.clock.advance(3 * time.Minute)
	r.revoke(t, c, "o-1", message.Suspicion)
	status := func(want int) {
		t.Helper()
		if answer := r.ask(t, crypto.SHA1, authority, c.Serial); answer.Status != want {
			t.Errorf("at %v: status %d, want %d", r.clock.Now(), answer.Status, want)
		}
	}
	status(judge.Good)
	r.clock.advance(11 * time.Minute)
	r.tick(t) // called too early: nothing changes
	status(judge.Good)
	r.clock.advance(time.Minute) // a quarter of an hour after the first tick
	r.tick(t)
	status(judge.Revoked)
	r.clock.advance(time.Minute)
	r.revoke(t, c, "o-2", message.Compromise) // between ticks the hold still shows
	if answer := r.ask(t, crypto.SHA1, authority, c.Serial); answer.Status != judge.Revoked || answer.RevocationReason != int(message.CertificateHold) {
		t.Errorf("after the hold became final, before the tick: status %d, reason %d, want the hold", answer.Status, answer.RevocationReason)
	}
	if _, list := r.latest(t, c, authority); len(list.RevokedCertificateEntries) != 0 {
		t.Error("the certificate is on yesterday's list")
	}
	r.clock.advance(24 * time.Hour)
	r.publish(t)
	if _, list := r.latest(t, c, authority); len(list.RevokedCertificateEntries) != 1 {
		t.Error("the certificate is not on the next day's list")
	}
}

// Several certificates in one request get their answers in one response, in their order, and the nonce comes back.
func TestAnswerSeveral(t *testing.T) {
	r := newRig(t, config{})
	hanako, authority := r.known(t, "hanako", jpki.Signing, mihon)
	taro, _ := r.known(t, "taro", jpki.Signing, mihon)
	login, loginCA := r.known(t, "hanako", jpki.Authentication, mihon)
	r.revoke(t, taro, "o-1", message.Change)
	r.tick(t)
	request := certIDs(t, crypto.SHA256, authority, hanako.Serial, taro.Serial, 0x7FFF)
	request.Queries = append(request.Queries, certIDs(t, crypto.SHA1, loginCA, login.Serial).Queries...)
	nonce := bytes.Repeat([]byte("n"), ocsp.MaxNonce)
	request.Extensions = append(request.Extensions, nonceOf(t, nonce))
	reply, err := r.Answer(t.Context(), revocation.Caller{}, marshal(t, request))
	if err != nil {
		t.Fatal(err)
	}
	for serial, want := range map[jpki.Serial]int{hanako.Serial: judge.Good, taro.Serial: judge.Revoked, 0x7FFF: judge.Unknown} {
		if answer := check(t, reply.DER, authority, serial); answer.Status != want {
			t.Errorf("certificate %s: status %d, want %d", serial, answer.Status, want)
		}
	}
	at := 0
	for _, q := range request.Queries {
		i := bytes.Index(reply.DER[at:], []byte(q.ID.Issuer.Name+"\x04"))
		if i < 0 {
			t.Fatal("an answer is missing, or out of order")
		}
		at += i + 1
	}
	if !bytes.Contains(reply.DER, append([]byte{4, ocsp.MaxNonce}, nonce...)) || !reply.Until.IsZero() {
		t.Errorf("the nonce is missing, or others may get this response until %v", reply.Until)
	}
}

// What cannot be answered gets a reason, unsigned.
func TestAnswerFails(t *testing.T) {
	stranger := newRig(t, config{})
	foreign, foreignCA := stranger.known(t, "hanako", jpki.Signing, mihon)
	blocked := errors.New("blocked")
	var access error
	r := newRig(t, config{change: func(c *revocation.Config) {
		c.Access = func(context.Context, revocation.Caller, revocation.Way, jpki.Kind) error { return access }
	}})
	c, authority := r.known(t, "hanako", jpki.Signing, mihon)
	good := marshal(t, certIDs(t, crypto.SHA1, authority, c.Serial))
	otherHash := certIDs(t, crypto.SHA1, authority, c.Serial)
	otherHash.Queries[0].ID.Issuer.Algorithm = jpki.RSA2048.Algorithm
	mixed := certIDs(t, crypto.SHA1, authority, c.Serial)
	mixed.Queries = append(mixed.Queries, certIDs(t, crypto.SHA1, foreignCA, foreign.Serial).Queries...)
	tests := []struct {
		name    string
		before  func()
		request []byte
		want    ocsp.Trouble
	}{
		{"no tick yet", func() {}, good, ocsp.TryLater},
		{"not a request", func() { r.tick(t) }, []byte("GET / HTTP/1.1"), ocsp.MalformedRequest},
		{"another PKI", func() {}, marshal(t, certIDs(t, crypto.SHA1, foreignCA, foreign.Serial)), ocsp.Unauthorized},
		{"one of another PKI", func() {}, marshal(t, mixed), ocsp.Unauthorized},
		{"a hash that is none", func() {}, marshal(t, otherHash), ocsp.Unauthorized},
		{"no right", func() { access = blocked }, good, ocsp.Unauthorized},
		{"data too old", func() { access = nil; r.clock.advance(31 * time.Minute) }, good, ocsp.TryLater},
		{"a CA that has ended", func() { r.clock.advance(11 * 365 * 24 * time.Hour) }, good, ocsp.Unauthorized},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.before()
			if reply, err := r.Answer(t.Context(), revocation.Caller{}, tt.request); err != nil || !bytes.Equal(reply.DER, ocsp.Failure(tt.want)) || !reply.Until.IsZero() {
				t.Errorf("Answer = %X, %v, want failure %d", reply.DER, err, tt.want)
			}
		})
	}
	r.clock.advance(-11 * 365 * 24 * time.Hour)
	r.tick(t)
	if answer := r.ask(t, crypto.SHA1, authority, c.Serial); answer.Status != judge.Good {
		t.Errorf("after all that: status %d, want good", answer.Status)
	}
}

// The database gone, the service says so, outside and inside.
func TestAnswerWithoutDatabase(t *testing.T) {
	r := newRig(t, config{})
	c, authority := r.known(t, "hanako", jpki.Signing, mihon)
	r.tick(t)
	r.db.Close()
	reply, err := r.Answer(t.Context(), revocation.Caller{}, marshal(t, certIDs(t, crypto.SHA1, authority, c.Serial)))
	if err == nil || !bytes.Equal(reply.DER, ocsp.Failure(ocsp.InternalError)) {
		t.Errorf("Answer = %X, %v, want internalError and an error", reply.DER, err)
	}
}

// The first tick publishes the first list of a new partition, and no list of others.
func TestTickPublishesFirstLists(t *testing.T) {
	r := newRig(t, config{})
	c, authority := r.known(t, "hanako", jpki.Signing, mihon)
	r.tick(t)
	r.clock.advance(15 * time.Minute)
	other, _ := r.known(t, "taro", jpki.Signing, reiji)
	r.tick(t)
	for _, tt := range []struct {
		c  *jpki.Certificate
		at time.Time
	}{{c, begin}, {other, begin.Add(15 * time.Minute)}} {
		if list, _ := r.latest(t, tt.c, authority); list.Number != 1 || !list.ThisUpdate.Equal(tt.at) {
			t.Errorf("list %d of %v, want 1 of %v", list.Number, list.ThisUpdate, tt.at)
		}
	}
	p, err := revocation.PartitionOf(&jpki.Certificate{Kind: jpki.Signing})
	if err != nil || p.Point != "" {
		t.Errorf("partition of a certificate without distribution point = %+v, %v", p, err)
	}
	if _, _, err := r.Latest(t.Context(), p.Issuer, p.ID()); fault.KeyOf(err) != "revocation.no_list" {
		t.Errorf("list of certificates on no list: %v", err)
	}
}

func nonceOf(t testing.TB, nonce []byte) der.Extension {
	t.Helper()
	var b cryptobyte.Builder
	b.AddASN1OctetString(nonce)
	value, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return der.Extension{ID: der.MustOID("1.3.6.1.5.5.7.48.1.2"), Value: value}
}
