package card_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"testing"

	"github.com/openjpki/jpki/apdu"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
)

var errAway = errors.New("holder went away")

// asked is a holder who types a PIN and remembers what was asked.
type asked struct {
	pin   string
	err   error
	tries []int
}

func (a *asked) prompt(_ card.Key, retries int) (string, error) {
	a.tries = append(a.tries, retries)
	return a.pin, a.err
}

// The private key stays in the card: signatures are made by it, with its PIN.
//
// Req: R-CRD-07
// Req: R-CRD-08
func TestSigner(t *testing.T) {
	chip := cardtest.New(t)
	for _, key := range []card.Key{card.Signature, card.Authentication} {
		holder := &asked{pin: cardtest.PIN(key)}
		signer, err := open(t, chip.Card).Signer(t.Context(), key, holder.prompt)
		if err != nil {
			t.Fatal(err)
		}
		if want := chip.Certificates[key]; string(signer.Certificate()) != string(want.Raw) || !want.PublicKey.(*rsa.PublicKey).Equal(signer.Public()) {
			t.Errorf("%s: certificate or public key is not the card's", key)
		}
		for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			digest := make([]byte, hash.Size())
			signature, err := signer.Sign(nil, digest, hash)
			if err == nil {
				err = rsa.VerifyPKCS1v15(signer.Public().(*rsa.PublicKey), hash, digest, signature)
			}
			if err != nil {
				t.Errorf("%s, %v: %v", key, hash, err)
			}
		}
		if len(holder.tries) != 1 {
			t.Errorf("%s: the PIN was asked for %d times, want once", key, len(holder.tries))
		}
		if err := chip.Card.Reset(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSignerAsksAgainAfterLogout(t *testing.T) {
	c := open(t, cardtest.New(t).Card)
	holder := &asked{pin: "1234"}
	signer, err := c.Signer(t.Context(), card.Authentication, holder.prompt)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(nil)
	for range 2 {
		if _, err := signer.Sign(nil, digest[:], crypto.SHA256); err != nil {
			t.Fatal(err)
		}
		if err := c.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(holder.tries) != 2 {
		t.Errorf("the PIN was asked for %d times, want 2", len(holder.tries))
	}
}

func TestSignRefuses(t *testing.T) {
	c := open(t, cardtest.New(t).Card)
	if err := c.Verify(t.Context(), card.Authentication, "1234"); err != nil {
		t.Fatal(err)
	}
	signer, err := c.Signer(t.Context(), card.Authentication, nil)
	if err != nil {
		t.Fatal(err)
	}
	digest := make([]byte, 32)
	if _, err := signer.Sign(nil, digest, &rsa.PSSOptions{Hash: crypto.SHA256}); !errors.Is(err, card.ErrPSS) {
		t.Errorf("Sign with PSS = %v, want ErrPSS", err)
	}
	for _, hash := range []crypto.Hash{0, crypto.MD5, crypto.SHA224, crypto.SHA3_256} {
		if _, err := signer.Sign(nil, digest, hash); !errors.Is(err, card.ErrHash) {
			t.Errorf("Sign with %v = %v, want ErrHash", hash, err)
		}
	}
	if _, err := signer.Sign(nil, digest[:31], crypto.SHA256); err == nil {
		t.Error("Sign takes 31 bytes as a SHA-256 digest")
	}
	for _, size := range []int{0, 246} {
		if _, err := c.SignPKCS1(t.Context(), card.Authentication, make([]byte, size)); err == nil {
			t.Errorf("SignPKCS1 takes %d bytes", size)
		}
	}
	if _, err := c.SignPKCS1(t.Context(), card.Signature, digest); !errors.Is(err, apdu.SecurityNotSatisfied) {
		t.Errorf("SignPKCS1 without PIN = %v, want SecurityNotSatisfied", err)
	}
}

func TestPrompt(t *testing.T) {
	c := open(t, cardtest.New(t).Card)
	signer := func(holder *asked) error {
		_, err := c.Signer(t.Context(), card.Signature, holder.prompt)
		return err
	}
	if _, err := c.Signer(t.Context(), card.Signature, nil); !errors.Is(err, apdu.SecurityNotSatisfied) {
		t.Errorf("Signer without prompt = %v, want SecurityNotSatisfied", err)
	}
	if err := signer(&asked{err: errAway}); !errors.Is(err, errAway) {
		t.Errorf("Signer without PIN = %v, want %v", err, errAway)
	}
	holder := &asked{pin: "WRONG1"}
	for want := 4; want >= 0; want-- {
		wrong, ok := errors.AsType[*card.PINError](signer(holder))
		if !ok || wrong.Retries != want {
			t.Errorf("Signer with a wrong PIN = %v, want %d tries left", wrong, want)
		}
	}
	if got := fmt.Sprint(holder.tries); got != "[5 4 3 2 1]" {
		t.Errorf("the holder was told %s tries, want [5 4 3 2 1]", got)
	}
	if err := signer(holder); !errors.Is(err, card.ErrBlocked) || len(holder.tries) != 5 {
		t.Errorf("Signer of a blocked PIN = %v after %d prompts, want ErrBlocked after 5", err, len(holder.tries))
	}
}

// TestTLS logs in by TLS 1.2 with the authentication key.
func TestTLS(t *testing.T) {
	chip := cardtest.New(t)
	signer, err := open(t, chip.Card).Signer(t.Context(), card.Authentication, (&asked{pin: "1234"}).prompt)
	if err != nil {
		t.Fatal(err)
	}
	holder := tls.Certificate{
		Certificate:                  [][]byte{signer.Certificate()},
		PrivateKey:                   signer,
		SupportedSignatureAlgorithms: []tls.SignatureScheme{tls.PKCS1WithSHA256},
	}
	site := cardtest.New(t)
	siteSigner, err := open(t, site.Card).Signer(t.Context(), card.Authentication, (&asked{pin: "1234"}).prompt)
	if err != nil {
		t.Fatal(err)
	}
	near, far := net.Pipe()
	server := tls.Server(far, &tls.Config{
		MaxVersion: tls.VersionTLS12,
		ClientAuth: tls.RequireAnyClientCert,
		Certificates: []tls.Certificate{{
			Certificate:                  [][]byte{siteSigner.Certificate()},
			PrivateKey:                   siteSigner,
			SupportedSignatureAlgorithms: []tls.SignatureScheme{tls.PKCS1WithSHA256},
		}},
	})
	client := tls.Client(near, &tls.Config{Certificates: []tls.Certificate{holder}, InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12})
	done := make(chan error, 1)
	go func() { done <- client.HandshakeContext(t.Context()) }()
	if err := server.HandshakeContext(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if peers := server.ConnectionState().PeerCertificates; len(peers) != 1 || !peers[0].Equal(chip.Certificates[card.Authentication]) {
		t.Errorf("the site saw %d certificates, want the card's", len(peers))
	}
}
