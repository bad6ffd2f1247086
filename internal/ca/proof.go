package ca

import (
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/openjpki/jpki/internal/message"
)

// checkProof returns the public key whose private half demonstrably sits in the card of the application: the PKCS #10
// request verifies with its own key, and its subject names the card and the nonce the counter wrote to it.
//
// Spec: RFC 2986 §4.2
func checkProof(p message.Proof) (crypto.PublicKey, error) {
	request, err := x509.ParseCertificateRequest(p.PKCS10)
	if err != nil {
		return nil, fmt.Errorf("reading proof of possession: %w", err)
	}
	if err := request.CheckSignature(); err != nil {
		return nil, fmt.Errorf("verifying proof of possession: %w", err)
	}
	if len(p.Nonce) < 16 || !strings.EqualFold(request.Subject.CommonName, hex.EncodeToString(p.Nonce)) {
		return nil, errors.New("proof of possession is for another application: the nonces differ")
	}
	if p.CardSerial == "" || request.Subject.SerialNumber != p.CardSerial {
		return nil, errors.New("proof of possession is from another card")
	}
	return request.PublicKey, nil
}
