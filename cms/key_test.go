package cms_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/openjpki/jpki/cms"
	"github.com/openjpki/jpki/der"
)

// signFunc is a key that answers as the function does.
type signFunc struct {
	crypto.Signer
	sign func(digest []byte, opts crypto.SignerOpts) ([]byte, error)
}

func (s signFunc) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return s.sign(digest, opts)
}

// The key is asked once, with a digest and the name of its hash and nothing else.
func TestKeyIsAskedOnce(t *testing.T) {
	for suite, want := range map[string]crypto.Hash{"rsa2048": crypto.SHA256, "p384": crypto.SHA384} {
		h := newHolder(t, suite)
		calls := 0
		config := h.config()
		config.Key = signFunc{h.key, func(digest []byte, opts crypto.SignerOpts) ([]byte, error) {
			calls++
			if opts != crypto.SignerOpts(want) || len(digest) != want.Size() {
				t.Errorf("%s: Sign(%d bytes, %v), want %d bytes of %v", suite, len(digest), opts, want.Size(), want)
			}
			return h.key.Sign(nil, digest, opts)
		}}
		detached(t, newSigner(t, config), document)
		if calls != 1 {
			t.Errorf("%s: key asked %d times, want once", suite, calls)
		}
	}
}

var errLocked = errors.New("card is locked")

func TestKeyThatFails(t *testing.T) {
	config := newHolder(t, "rsa2048").config()
	config.Key = signFunc{config.Key, func([]byte, crypto.SignerOpts) ([]byte, error) { return nil, errLocked }}
	p7s, err := newSigner(t, config).SignAttached(document, signedAt)
	if p7s != nil || !errors.Is(err, errLocked) || err.Error() != "signing: card is locked" {
		t.Errorf("SignAttached = %X, %v, want %v", p7s, err, errLocked)
	}
}

// What a card answers by mistake or malice never ends up in a file.
func TestKeyThatLies(t *testing.T) {
	rsaHolder, ecHolder := newHolder(t, "rsa2048"), newHolder(t, "p384")
	rsaKey, ecKey := rsaHolder.key.Signer.(*rsa.PrivateKey), ecHolder.key.Signer.(*ecdsa.PrivateKey)
	other := storedKey(t, "rsa2048-ca")
	tests := []struct {
		name string
		holder
		answer func(digest []byte, opts crypto.SignerOpts) ([]byte, error)
	}{
		{"nothing", rsaHolder, func([]byte, crypto.SignerOpts) ([]byte, error) { return nil, nil }},
		{"zeros", rsaHolder, func([]byte, crypto.SignerOpts) ([]byte, error) { return make([]byte, 256), nil }},
		{"another key's signature", rsaHolder, func(digest []byte, opts crypto.SignerOpts) ([]byte, error) {
			return other.Sign(nil, digest, opts)
		}},
		{"signature of another digest", rsaHolder, func(digest []byte, opts crypto.SignerOpts) ([]byte, error) {
			return rsaKey.Sign(nil, bytes.Repeat([]byte{1}, len(digest)), opts)
		}},
		{"RSA-PSS", rsaHolder, func(digest []byte, opts crypto.SignerOpts) ([]byte, error) {
			return rsa.SignPSS(rand.Reader, rsaKey, opts.HashFunc(), digest, nil)
		}},
		{"digest padded without its algorithm", rsaHolder, func(digest []byte, _ crypto.SignerOpts) ([]byte, error) {
			return rsaKey.Sign(nil, digest, crypto.Hash(0))
		}},
		{"one byte more", rsaHolder, func(digest []byte, opts crypto.SignerOpts) ([]byte, error) {
			signature, err := rsaKey.Sign(nil, digest, opts)
			return append(signature, 0), err
		}},
		{"r and s side by side", ecHolder, func(digest []byte, _ crypto.SignerOpts) ([]byte, error) {
			r, s, err := ecdsa.Sign(rand.Reader, ecKey, digest)
			return append(r.FillBytes(make([]byte, 48)), s.FillBytes(make([]byte, 48))...), err
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			config := tt.config()
			config.Key = signFunc{tt.key, tt.answer}
			p7s, err := newSigner(t, config).SignAttached(document, signedAt)
			if p7s != nil || !errors.Is(err, cms.ErrBadSignature) {
				t.Errorf("SignAttached = %X, %v, want %v", p7s, err, cms.ErrBadSignature)
			}
		})
	}
}

// Nobody types a PIN for what cannot be signed.
func TestSignRefusesBeforeAsking(t *testing.T) {
	config := newHolder(t, "rsa2048").config()
	config.Key = signFunc{config.Key, func([]byte, crypto.SignerOpts) ([]byte, error) {
		t.Error("the key was asked")
		return nil, errLocked
	}}
	s := newSigner(t, config)
	config.ContentType = der.OID("\x80")
	untyped := newSigner(t, config)
	tests := []struct {
		name   string
		signer *cms.Signer
		in     io.Reader
		at     time.Time
		want   string
	}{
		{"content that breaks off", s, io.MultiReader(bytes.NewReader(document), iotest.ErrReader(io.ErrUnexpectedEOF)), signedAt, "reading content: unexpected EOF"},
		{"no time", s, bytes.NewReader(document), time.Time{}, "encoding signed attributes: year 1 "},
		{"before 1950", s, bytes.NewReader(document), time.Date(1949, 12, 31, 23, 59, 59, 0, time.UTC), "encoding signed attributes: year 1949 "},
		{"after 9999", s, bytes.NewReader(document), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), "encoding signed attributes: year 10000 "},
		{"malformed content type", untyped, bytes.NewReader(document), signedAt, "encoding signed attributes: object identifier"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p7s, err := tt.signer.SignDetached(tt.in, tt.at)
			if p7s != nil || err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("SignDetached = %X, %v, want error %q", p7s, err, tt.want)
			}
		})
	}
}
