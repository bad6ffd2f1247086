package softcard

import (
	"crypto/aes"
	"crypto/rsa"
	"crypto/subtle"
	"crypto/x509"
	"encoding/json"
	"errors"
)

const (
	rsaBits  = 2048
	keySize  = 32 // bytes of an AES-256 key
	keyTries = 10 // misses in a row until an authentication key is blocked
)

// privateKey is an RSA-2048 key; in the state file it is PKCS#8.
type privateKey struct {
	*rsa.PrivateKey
}

// parsePrivateKey reads PKCS#8. Its errors tell nothing of the key.
func parsePrivateKey(der []byte) (*privateKey, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, errors.New("private key is not PKCS#8")
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok || key.N.BitLen() != rsaBits {
		return nil, errors.New("private key is not RSA-2048")
	}
	return &privateKey{key}, nil
}

// matches reports whether public is the other half of k. A missing key matches
// nothing.
func (k *privateKey) matches(public any) bool {
	theirs, ok := public.(*rsa.PublicKey)
	return ok && k != nil && k.PublicKey.Equal(theirs)
}

// MarshalJSON writes k as PKCS#8.
func (k *privateKey) MarshalJSON() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k.PrivateKey)
	if err != nil {
		return nil, err
	}
	return json.Marshal(der)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (k *privateKey) UnmarshalJSON(b []byte) error {
	var der []byte
	if err := json.Unmarshal(b, &der); err != nil {
		return err
	}
	parsed, err := parsePrivateKey(der)
	if err != nil {
		return err
	}
	*k = *parsed
	return nil
}

// authKey is an AES-256 key for EXTERNAL AUTHENTICATE and its tries left. There
// is none if Key is nil.
type authKey struct {
	Key   []byte `json:"key"`
	Tries int    `json:"tries"`
}

func (k authKey) sound() bool {
	return (k.Key == nil || len(k.Key) == keySize) && k.Tries >= 0 && k.Tries <= keyTries
}

// opens reports whether cryptogram is one AES block that decrypts to challenge.
func (k authKey) opens(cryptogram, challenge []byte) bool {
	block, err := aes.NewCipher(k.Key)
	if err != nil || len(cryptogram) != aes.BlockSize {
		return false
	}
	var plain [aes.BlockSize]byte
	block.Decrypt(plain[:], cryptogram)
	return subtle.ConstantTimeCompare(plain[:], challenge) == 1
}
