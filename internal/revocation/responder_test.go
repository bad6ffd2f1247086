package revocation_test

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"slices"
	"testing"
	"time"

	judge "golang.org/x/crypto/ocsp"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/revocation"
	"github.com/openjpki/jpki/internal/revocation/ocsp"
)

// Responders get new keys and certificates before the old ones end, and answers go on meanwhile.
func TestResponderRenewal(t *testing.T) {
	r := newRig(t, config{})
	c, authority := r.known(t, "hanako", jpki.Signing, mihon)
	seen := map[string]bool{}
	for range 14 * 2 { // half a day each
		r.tick(t)
		answer := r.ask(t, crypto.SHA1, authority, c.Serial)
		responder := answer.Certificate
		if left := responder.NotAfter.Sub(r.clock.Now()); left < 2*24*time.Hour {
			t.Errorf("responder's certificate has %v left", left)
		}
		if life := responder.NotAfter.Sub(responder.NotBefore); life != 7*24*time.Hour {
			t.Errorf("responder's certificate lives %v, want a week", life)
		}
		seen[string(responder.RawSubjectPublicKeyInfo)] = true
		if status := r.ask(t, crypto.SHA1, authority, jpki.Serial(responder.SerialNumber.Uint64())).Status; status != judge.Good {
			t.Errorf("the responder's own certificate: status %d, want good", status)
		}
		r.clock.advance(12 * time.Hour)
	}
	if len(seen) != 3 {
		t.Errorf("%d keys in two weeks, want 3", len(seen))
	}
	r.verifyAudit(t)
}

// A CA that certifies no responder leaves the service without answers, not without data.
func TestNoResponder(t *testing.T) {
	var deafness error
	r := newRig(t, config{change: func(c *revocation.Config) { c.CA = stubborn{c.CA, func() error { return deafness }} }})
	c, authority := r.known(t, "hanako", jpki.Signing, mihon)
	deafness = errDeaf
	if err := r.Tick(t.Context(), r.clock.Now()); !errors.Is(err, errDeaf) {
		t.Errorf("Tick = %v, want %v", err, errDeaf)
	}
	reply, err := r.Answer(t.Context(), revocation.Caller{}, marshal(t, certIDs(t, crypto.SHA1, authority, c.Serial)))
	if err != nil || !bytes.Equal(reply.DER, ocsp.Failure(ocsp.TryLater)) {
		t.Errorf("Answer = %X, %v, want tryLater", reply.DER, err)
	}
	deafness = nil
	r.tick(t)
	if answer := r.ask(t, crypto.SHA1, authority, c.Serial); answer.Status != judge.Good || !answer.ThisUpdate.Equal(begin) {
		t.Errorf("status %d of %v, want good of the first tick", answer.Status, answer.ThisUpdate)
	}
	deafness = errDeaf
	r.clock.advance(6 * 24 * time.Hour) // a day before the end
	if err := r.Tick(t.Context(), r.clock.Now()); !errors.Is(err, errDeaf) {
		t.Errorf("Tick = %v, want %v", err, errDeaf)
	}
	if r.Service, err = revocation.New(r.Config); err != nil { // a process that begins now
		t.Fatal(err)
	}
	if answer := r.ask(t, crypto.SHA1, authority, c.Serial); answer.Status != judge.Good {
		t.Errorf("status %d while the old certificate lasts, want good", answer.Status)
	}
}

// stubborn is a CA that may certify nobody.
type stubborn struct {
	revocation.CA
	because func() error
}

func (s stubborn) CertifyResponder(ctx context.Context, actor authz.Actor, r message.ResponderRequest) (message.Issued, error) {
	if err := s.because(); err != nil {
		return message.Issued{}, err
	}
	return s.CA.CertifyResponder(ctx, actor, r)
}

// A certificate that makes no responder of the key is not taken; the next renewal asks for another.
func TestUselessResponder(t *testing.T) {
	var change func(*jpki.Certificate) *jpki.Certificate
	r := newRig(t, config{change: func(c *revocation.Config) { c.CA = careless{c.CA, &change} }})
	holder, authority := r.known(t, "hanako", jpki.Signing, mihon)
	var earlier *jpki.Certificate
	for _, tt := range []struct {
		why    string
		change func(*jpki.Certificate) *jpki.Certificate
	}{
		{"kind", func(*jpki.Certificate) *jpki.Certificate { return holder }},
		{"ocspNoCheck", func(c *jpki.Certificate) *jpki.Certificate {
			earlier = parse(t, encoded(t, c))
			c.Extensions = slices.DeleteFunc(c.Extensions, func(e jpki.Extension) bool { return jpki.NameOf(e.ID) == "ocspNoCheck" })
			return c
		}},
		{"key", func(*jpki.Certificate) *jpki.Certificate { return earlier }},
		{"signature", func(c *jpki.Certificate) *jpki.Certificate { c.Serial++; return c }},
	} {
		change = tt.change
		err := r.Tick(t.Context(), r.clock.Now())
		if args := fault.ArgsOf(err); fault.KeyOf(err) != "revocation.responder_useless" || args[1] != tt.why {
			t.Errorf("%s: Tick = %v, want revocation.responder_useless", tt.why, err)
		}
	}
	reply, err := r.Answer(t.Context(), revocation.Caller{}, marshal(t, certIDs(t, crypto.SHA1, authority, holder.Serial)))
	if err != nil || !bytes.Equal(reply.DER, ocsp.Failure(ocsp.TryLater)) {
		t.Errorf("Answer = %X, %v, want tryLater", reply.DER, err)
	}
	change = nil
	r.tick(t)
	if answer := r.ask(t, crypto.SHA1, authority, holder.Serial); answer.Status != judge.Good {
		t.Errorf("status %d when the CA issues as it should, want good", answer.Status)
	}
	r.verifyAudit(t)
}

// careless is a CA that changes the certificates of responders of the signing CA.
type careless struct {
	revocation.CA
	change *func(*jpki.Certificate) *jpki.Certificate
}

func (c careless) CertifyResponder(ctx context.Context, actor authz.Actor, r message.ResponderRequest) (message.Issued, error) {
	issued, err := c.CA.CertifyResponder(ctx, actor, r)
	if err != nil || *c.change == nil {
		return issued, err
	}
	certificate, err := jpki.Parse(issued.Certificate)
	if err != nil || certificate.Kind != jpki.SigningResponder {
		return issued, err
	}
	issued.Certificate, err = (*c.change)(certificate).Marshal()
	return issued, err
}
