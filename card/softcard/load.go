package softcard

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"

	"github.com/openjpki/jpki/apdu"
)

// putKey is PUT KEY at the counter: the two keys of this card, the version of
// the master key they come from and a nonce for the proof of possession.
func (c *Card) putKey(cmd apdu.Command) ([]byte, error) {
	switch {
	case cmd.P1 != 0 || cmd.P2 != 0:
		return nil, apdu.WrongParameters
	case c.session.role != counter:
		return nil, apdu.SecurityNotSatisfied
	}
	key, err := hkdf.Key(sha256.New, c.state.Transport.Key, nil, "openjpki/1 put key", keySize)
	if err != nil {
		return nil, err
	}
	plain, err := c.unseal(key, cmd, ef{})
	if err != nil {
		return nil, err
	}
	if len(plain) != 4+keySize+keySize+nonceSize {
		return nil, apdu.WrongData
	}
	granted := permit{
		Version: binary.BigEndian.Uint32(plain),
		Kiosk:   authKey{Key: plain[4 : 4+keySize], Tries: keyTries},
		Loading: plain[4+keySize : 4+2*keySize],
		Nonce:   plain[4+2*keySize:],
	}
	return nil, c.change(func(s *state) { s.Permit = granted })
}

// importPrivateKey is IMPORT PRIVATE KEY at the kiosk, after the PIN of the key.
// The key waits beside the one in use until its certificate comes.
func (c *Card) importPrivateKey(cmd apdu.Command) ([]byte, error) {
	if cmd.P1 != 0x00 {
		return nil, apdu.WrongParameters
	}
	f, err := c.reference(cmd.P2, activeKey)
	if err != nil {
		return nil, err
	}
	if c.session.role != kiosk || !c.session.verified[f.purpose] {
		return nil, apdu.SecurityNotSatisfied
	}
	der, err := c.unseal(c.state.Permit.Loading, cmd, f)
	if err != nil {
		return nil, err
	}
	defer clear(der)
	key, err := parsePrivateKey(der)
	if err != nil {
		return nil, apdu.WrongData
	}
	return nil, c.change(func(s *state) {
		waiting := s.slot(f.purpose)
		waiting.Pending, waiting.Proof = key, nil
	})
}

// unseal opens the data of cmd, sealed for this card, this session and f.
func (c *Card) unseal(key []byte, cmd apdu.Command, f ef) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	bound := []byte{0x00, cmd.INS, cmd.P1, cmd.P2}
	bound = binary.BigEndian.AppendUint16(bound, f.id)
	bound = append(bound, c.state.Serial...)
	bound = append(bound, c.session.bound...)
	plain, err := aead.Open(nil, nil, cmd.Data, bound)
	if err != nil {
		return nil, apdu.WrongSecuredData
	}
	return plain, nil
}

// updateBinary is UPDATE BINARY of a whole file: a certificate at the counter, a
// proof of possession at the kiosk.
func (c *Card) updateBinary(cmd apdu.Command) ([]byte, error) {
	switch {
	case cmd.P1 != 0 || cmd.P2 != 0:
		return nil, apdu.WrongOffset
	case len(cmd.Data) == 0 || cmd.Le != 0:
		return nil, apdu.WrongLength
	}
	p := c.session.ef.purpose
	switch c.session.ef.kind {
	case none:
		return nil, apdu.NoCurrentFile
	case certificate:
		return nil, c.writeCertificate(p, cmd.Data)
	case caCertificate:
		return nil, c.writeCACertificate(p, cmd.Data)
	case proof:
		return nil, c.writeProof(p, cmd.Data)
	case pinObject, activeKey, pendingKey:
		return nil, apdu.IncompatibleFile
	}
	return nil, apdu.SecurityNotSatisfied
}

// writeCertificate stores the certificate of the waiting key, which thereby
// becomes the key, or of the key in use.
func (c *Card) writeCertificate(p purpose, der []byte) error {
	if c.session.role != counter {
		return apdu.SecurityNotSatisfied
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return apdu.WrongData
	}
	old := c.state.slot(p)
	switch {
	case old.Pending.matches(cert.PublicKey):
		return c.change(func(s *state) {
			*s.slot(p) = slot{PIN: old.PIN, Key: old.Pending, Certificate: der, CA: old.CA}
			s.Permit = permit{}
		})
	case old.Key.matches(cert.PublicKey):
		return c.change(func(s *state) { s.slot(p).Certificate = der })
	}
	return apdu.WrongData
}

func (c *Card) writeCACertificate(p purpose, der []byte) error {
	if c.session.role != counter {
		return apdu.SecurityNotSatisfied
	}
	if _, err := x509.ParseCertificate(der); err != nil {
		return apdu.WrongData
	}
	return c.change(func(s *state) { s.slot(p).CA = der })
}

// writeProof stores a certificate request signed with the waiting key.
func (c *Card) writeProof(p purpose, der []byte) error {
	waiting := c.state.slot(p).Pending
	switch {
	case c.session.role != kiosk:
		return apdu.SecurityNotSatisfied
	case waiting == nil:
		return apdu.ConditionsNotSatisfied
	}
	request, err := x509.ParseCertificateRequest(der)
	if err != nil || !waiting.matches(request.PublicKey) {
		return apdu.WrongData
	}
	return c.change(func(s *state) { s.slot(p).Proof = der })
}
