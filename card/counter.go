package card

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/openjpki/jpki/apdu"
)

// Counter (受付窓口端末) is a reception terminal that a card has accepted. It lasts
// until the card is reset or logged out.
//
// Assumed: the protocol, see package softcard.
type Counter struct {
	session
	transport Secret
}

// AuthenticateCounter proves to the card that this side has its transport key
// (搬送鍵), the key its manufacturer gave to the office. The error wraps
// *RefusedError if the card says no.
func (c *Card) AuthenticateCounter(ctx context.Context, transport Secret) (*Counter, error) {
	info, err := c.TokenInfo(ctx)
	if err != nil {
		return nil, fmt.Errorf("authenticating counter: %w", err)
	}
	s, err := c.authenticate(ctx, "counter", 0x81, info.Serial, transport)
	if err != nil {
		return nil, fmt.Errorf("authenticating counter: %w", err)
	}
	return &Counter{session: s, transport: transport}, nil
}

// PutKeys writes the two keys of the card, which permit a kiosk to load it, and
// a new nonce, which is returned: the office keeps it to judge the [Card.Proof].
func (n *Counter) PutKeys(ctx context.Context, keys CardKeys) (Nonce, error) {
	key, err := derive(n.transport, "openjpki/1 put key")
	if err != nil {
		return Nonce{}, err
	}
	nonce := newNonce()
	plain := binary.BigEndian.AppendUint32(nil, keys.Version)
	plain = append(plain, keys.Kiosk[:]...)
	plain = append(plain, keys.Loading[:]...)
	plain = append(plain, nonce[:]...)
	defer clear(plain)
	if err := n.sendSealed(ctx, 0, apdu.Command{INS: 0xD8}, key, plain); err != nil {
		return Nonce{}, fmt.Errorf("writing card keys: %w", err)
	}
	return nonce, nil
}

// WriteCertificate writes a certificate, DER, to one of the four certificate
// files in one act. The card refuses a holder's certificate that fits neither the
// key waiting for one nor the key in use (apdu.WrongData). Write the CA's
// certificate first: the holder's then makes the waiting key the key.
func (n *Counter) WriteCertificate(ctx context.Context, f File, der []byte) error {
	n.card.mu.Lock()
	defer n.card.mu.Unlock()
	if _, err := n.card.sendFile(ctx, f, apdu.Command{INS: 0xD6, Data: der}); err != nil {
		return fmt.Errorf("writing certificate to card: %w", err)
	}
	return nil
}

// UnlockPIN (ロック解除) gives a PIN all its tries again.
func (n *Counter) UnlockPIN(ctx context.Context, key Key) error {
	return n.resetPIN(ctx, key, 0x03)
}

// InitialisePIN (初期化) removes a PIN: the holder sets a new one at the kiosk,
// on a card prepared by [Counter.PutKeys].
func (n *Counter) InitialisePIN(ctx context.Context, key Key) error {
	return n.resetPIN(ctx, key, 0x02)
}

func (n *Counter) resetPIN(ctx context.Context, key Key, p1 byte) error {
	n.card.mu.Lock()
	defer n.card.mu.Unlock()
	if _, err := n.card.sendFile(ctx, key.files().pin, apdu.Command{INS: 0x2C, P1: p1, P2: 0x80}); err != nil {
		return fmt.Errorf("resetting PIN of %s key: %w", key, err)
	}
	return nil
}

// Proof reads the proof of possession that the kiosk left for key and judges it:
// a PKCS#10 request for an RSA-2048 key, signed with that key, for this card and
// for the nonce of this visit. The public key to certify is in it. The error
// wraps ErrNoCertificate if there is no proof.
//
// Spec: RFC 2986 §4.2
func (c *Card) Proof(ctx context.Context, key Key, nonce Nonce) (*x509.CertificateRequest, error) {
	request, err := c.readProof(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("reading proof of possession: %w", err)
	}
	info, err := c.TokenInfo(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading proof of possession: %w", err)
	}
	public, ok := request.PublicKey.(*rsa.PublicKey)
	switch {
	case !ok || public.Size() != signatureSize:
		err = errors.New("key is not RSA-2048")
	case request.Subject.SerialNumber != info.Serial:
		err = errors.New("made for another card")
	case request.Subject.CommonName != hex.EncodeToString(nonce[:]):
		err = errors.New("made for another visit")
	default:
		err = request.CheckSignature()
	}
	if err != nil {
		return nil, fmt.Errorf("judging proof of possession: %w", err)
	}
	return request, nil
}

func (c *Card) readProof(ctx context.Context, key Key) (*x509.CertificateRequest, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	der, err := c.readDER(ctx, key.files().proof)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificateRequest(der)
}
