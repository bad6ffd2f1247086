package cardtest

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/softcard"
)

// The PINs of every Chip.
const (
	SignaturePIN      = "ABC123"
	AuthenticationPIN = "1234"
)

// PIN returns the PIN of key.
func PIN(key card.Key) string {
	if key == card.Signature {
		return SignaturePIN
	}
	return AuthenticationPIN
}

// Chip is a virtual card and what its maker, its office and its holder know.
type Chip struct {
	Card      *softcard.Card // open; closed when the test ends
	Path      string         // of its state file
	Serial    string
	Transport card.Secret
	Master    card.MasterKey
	Nonce     card.Nonce // of the last Prepare
	// Certificates and Authorities hold what Issue has put on the card, by key.
	Certificates, Authorities map[card.Key]*x509.Certificate
}

// New returns a card with both keys, certificates and PINs.
func New(t testing.TB) *Chip {
	t.Helper()
	c := Blank(t)
	c.Prepare(t)
	c.Load(t, card.Signature, card.Authentication)
	c.Issue(t, card.Signature, card.Authentication)
	if err := c.Card.Reset(); err != nil {
		t.Fatal(err)
	}
	return c
}

// Blank returns a card as its manufacturer delivers it.
func Blank(t testing.TB) *Chip {
	t.Helper()
	c := &Chip{
		Path:         filepath.Join(t.TempDir(), "card.json"),
		Serial:       "TEST000000000001",
		Master:       card.MasterKey{Version: 1},
		Certificates: map[card.Key]*x509.Certificate{},
		Authorities:  map[card.Key]*x509.Certificate{},
	}
	rand.Read(c.Transport[:])
	rand.Read(c.Master.Secret[:])
	if err := softcard.Create(c.Path, softcard.Config{Serial: c.Serial, TransportKey: c.Transport[:]}); err != nil {
		t.Fatal(err)
	}
	c.Open(t, softcard.Options{})
	return c
}

// Open opens the card of c, which must be closed or never have been open.
func (c *Chip) Open(t testing.TB, options softcard.Options) {
	t.Helper()
	opened, err := softcard.Open(c.Path, options)
	if err != nil {
		t.Fatal(err)
	}
	c.Card = opened
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	})
}

// Copy returns a second chip with the lasting state that c has now: what power
// failure would leave of it. Only a virtual card can be copied.
func (c *Chip) Copy(t testing.TB) *Chip {
	t.Helper()
	state, err := os.ReadFile(c.Path)
	if err != nil {
		t.Fatal(err)
	}
	twin := *c
	twin.Certificates, twin.Authorities = maps.Clone(c.Certificates), maps.Clone(c.Authorities)
	twin.Path = filepath.Join(t.TempDir(), "card.json")
	if err := os.WriteFile(twin.Path, state, 0o600); err != nil {
		t.Fatal(err)
	}
	twin.Open(t, softcard.Options{})
	return &twin
}

// Prepare writes the two card keys, as the counter does.
func (c *Chip) Prepare(t testing.TB) {
	t.Helper()
	if err := c.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (c *Chip) prepare(ctx context.Context) error {
	counter, err := c.counter(ctx)
	if err != nil {
		return err
	}
	keys, err := c.Master.Diversify(c.Serial)
	if err != nil {
		return err
	}
	c.Nonce, err = counter.PutKeys(ctx, keys)
	return err
}

func (c *Chip) counter(ctx context.Context) (*card.Counter, error) {
	opened, err := card.Open(ctx, c.Card)
	if err != nil {
		return nil, err
	}
	return opened.AuthenticateCounter(ctx, c.Transport)
}

// Load gives the card new keys, as the kiosk does: the PIN is set, or verified if
// the key has one, the private key loaded, its possession proved.
func (c *Chip) Load(t testing.TB, keys ...card.Key) {
	t.Helper()
	for _, key := range keys {
		if err := c.load(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
}

func (c *Chip) load(ctx context.Context, key card.Key) error {
	opened, err := card.Open(ctx, c.Card)
	if err != nil {
		return err
	}
	kiosk, err := opened.AuthenticateKiosk(ctx, c.Master)
	if err != nil {
		return err
	}
	retries, err := opened.Retries(ctx, key)
	if err != nil {
		return err
	}
	if retries == 0 {
		err = kiosk.SetPIN(ctx, key, PIN(key))
	} else {
		err = opened.Verify(ctx, key, PIN(key))
	}
	if err != nil {
		return err
	}
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	if err := kiosk.LoadPrivateKey(ctx, key, der); err != nil {
		return err
	}
	return kiosk.ProvePossession(ctx, key, &private.PublicKey)
}

// Issue certifies the keys loaded last and writes the certificates, as the
// counter does.
func (c *Chip) Issue(t testing.TB, keys ...card.Key) {
	t.Helper()
	for _, key := range keys {
		if err := c.issue(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
}

func (c *Chip) issue(ctx context.Context, key card.Key) error {
	opened, err := card.Open(ctx, c.Card)
	if err != nil {
		return err
	}
	proof, err := opened.Proof(ctx, key, c.Nonce)
	if err != nil {
		return err
	}
	ca, err := newAuthority(key)
	if err != nil {
		return err
	}
	certificate, err := ca.certify(key, proof)
	if err != nil {
		return err
	}
	counter, err := opened.AuthenticateCounter(ctx, c.Transport)
	if err != nil {
		return err
	}
	certificates, authorities := card.SignatureCertificate, card.SignatureCA
	if key == card.Authentication {
		certificates, authorities = card.AuthenticationCertificate, card.AuthenticationCA
	}
	if err := counter.WriteCertificate(ctx, authorities, ca.certificate.Raw); err != nil {
		return err
	}
	if err := counter.WriteCertificate(ctx, certificates, certificate.Raw); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	c.Certificates[key], c.Authorities[key] = certificate, ca.certificate
	return nil
}
