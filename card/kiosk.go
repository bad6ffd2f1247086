package card

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/openjpki/jpki/apdu"
)

// Kiosk (鍵ペア生成装置) is a key-pair generator that a card has accepted. It lasts
// until the card is reset or logged out.
//
// Assumed: the protocol, see package softcard.
type Kiosk struct {
	session
	loading Secret
	nonce   Nonce
}

// AuthenticateKiosk proves to the card that this side has the master key its
// keys come from. The error wraps ErrNotPrepared or ErrKeyVersion if the card
// cannot be meant for this kiosk, *RefusedError if the card says no.
func (c *Card) AuthenticateKiosk(ctx context.Context, master MasterKey) (*Kiosk, error) {
	k, err := c.authenticateKiosk(ctx, master)
	if err != nil {
		return nil, fmt.Errorf("authenticating kiosk: %w", err)
	}
	return k, nil
}

func (c *Card) authenticateKiosk(ctx context.Context, master MasterKey) (*Kiosk, error) {
	granted, err := c.Permit(ctx)
	if err != nil {
		return nil, err
	}
	if granted.Version != master.Version {
		return nil, fmt.Errorf("card has %d, kiosk has %d: %w", granted.Version, master.Version, ErrKeyVersion)
	}
	info, err := c.TokenInfo(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := master.Diversify(info.Serial)
	if err != nil {
		return nil, err
	}
	s, err := c.authenticate(ctx, "kiosk", 0x82, info.Serial, keys.Kiosk)
	if err != nil {
		return nil, err
	}
	return &Kiosk{session: s, loading: keys.Loading, nonce: granted.Nonce}, nil
}

// SetPIN gives key its first PIN and verifies it. The error wraps
// apdu.SecurityNotSatisfied if there is one already that has not been verified:
// at renewal the holder gives it to [Card.Verify] instead.
func (k *Kiosk) SetPIN(ctx context.Context, key Key, pin string) error {
	if err := k.card.setPIN(ctx, key, pin); err != nil {
		return err
	}
	return k.card.Verify(ctx, key, pin)
}

// LoadPrivateKey sends an RSA-2048 private key, PKCS#8, to the card, where it
// waits beside the old key until its certificate is written. The PIN of key must
// have been verified. pkcs8 is overwritten with zeros, whatever the outcome.
func (k *Kiosk) LoadPrivateKey(ctx context.Context, key Key, pkcs8 []byte) error {
	defer clear(pkcs8)
	command := apdu.Command{INS: 0x48, P2: 0x80}
	if err := k.sendSealed(ctx, key.files().key, command, k.loading, pkcs8); err != nil {
		return fmt.Errorf("loading private key: %w", err)
	}
	return nil
}

// ProvePossession has the card sign, with the key just loaded, a PKCS#10 request
// for public that names the card and the nonce of this visit, and stores it on
// the card for the counter.
//
// Spec: RFC 2986 §4.2
func (k *Kiosk) ProvePossession(ctx context.Context, key Key, public *rsa.PublicKey) error {
	request := &x509.CertificateRequest{
		Subject:            pkix.Name{SerialNumber: k.serial, CommonName: hex.EncodeToString(k.nonce[:])},
		SignatureAlgorithm: x509.SHA256WithRSA,
	}
	signer := pendingSigner{card: k.card, ctx: ctx, file: key.files().pending, public: public}
	der, err := x509.CreateCertificateRequest(rand.Reader, request, signer)
	if err != nil {
		return fmt.Errorf("proving possession: %w", err)
	}
	k.card.mu.Lock()
	defer k.card.mu.Unlock()
	if _, err := k.card.sendFile(ctx, key.files().proof, apdu.Command{INS: 0xD6, Data: der}); err != nil {
		return fmt.Errorf("writing proof of possession: %w", err)
	}
	return nil
}

// pendingSigner is a key that waits for its certificate.
type pendingSigner struct {
	card   *Card
	ctx    context.Context // crypto.Signer has no parameter for it
	file   File
	public *rsa.PublicKey
}

func (s pendingSigner) Public() crypto.PublicKey { return s.public }

func (s pendingSigner) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	digestInfo, err := encode(digest, opts)
	if err != nil {
		return nil, err
	}
	return s.card.sign(s.ctx, s.file, digestInfo)
}
