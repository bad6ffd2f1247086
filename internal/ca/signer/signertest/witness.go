package signertest

import (
	"context"
	"crypto"
	"encoding/hex"
	"fmt"
	"io"
	"os"

	"github.com/openjpki/jpki"
)

// Witness notes every digest that its keys sign, a line each in hexadecimal, before they sign it: a test can so ask what
// was signed by a process that was killed.
type Witness struct {
	Keys
	File string
}

// Create makes a witnessed key.
func (w Witness) Create(ctx context.Context, label string, s jpki.Suite) (crypto.Signer, error) {
	key, err := w.Keys.Create(ctx, label, s)
	return witnessed{key, w.File}, err
}

// Open returns a witnessed key.
func (w Witness) Open(ctx context.Context, label string) (crypto.Signer, error) {
	key, err := w.Keys.Open(ctx, label)
	return witnessed{key, w.File}, err
}

type witnessed struct {
	crypto.Signer
	file string
}

func (k witnessed) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	f, err := os.OpenFile(k.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := fmt.Fprintln(f, hex.EncodeToString(digest)); err != nil {
		return nil, err
	}
	return k.Signer.Sign(random, digest, opts)
}
