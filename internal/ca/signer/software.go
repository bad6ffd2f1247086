package signer

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/durable"
	"github.com/youmark/pkcs8"
)

// Errors of a key store.
var (
	ErrExists     = errors.New("a key of this label exists already")
	ErrNotFound   = errors.New("no key of this label")
	ErrPassphrase = errors.New("the key does not open with this passphrase, or its file is damaged")
	ErrLabel      = errors.New("a label is 1 to 64 small letters, digits and hyphens")
)

// DefaultIterations of PBKDF2 when Software.Iterations is 0.
const DefaultIterations = 600_000

const pemType = "ENCRYPTED PRIVATE KEY"

// Software is a folder of encrypted key files. Dir and Passphrase must be set.
type Software struct {
	Dir        string
	Passphrase []byte
	// Iterations of PBKDF2 for new keys. Optional; fewer are enough where the passphrase is a random key itself.
	Iterations int
}

var label = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)

func (s *Software) file(name string) (string, error) {
	if !label.MatchString(name) {
		return "", ErrLabel
	}
	if len(s.Passphrase) == 0 {
		return "", ErrPassphrase
	}
	return filepath.Join(s.Dir, name+".pem"), nil
}

// Create makes a key of the suite and keeps it under a label. The error is [ErrExists] where there is one.
//
//  1. Make the key in memory. Stopped here: nothing happened.
//  2. Write it to a temporary file and flush it to the disk. Stopped here: a file that nobody reads.
//  3. Link it to its name, which fails if the name is taken. Stopped here: the key is kept, whole.
func (s *Software) Create(_ context.Context, name string, suite jpki.Suite) (crypto.Signer, error) {
	file, err := s.file(name)
	if err != nil {
		return nil, err
	}
	key, err := suite.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making key %s: %w", name, err)
	}
	sealed, err := s.seal(key)
	if err != nil {
		return nil, fmt.Errorf("encrypting key %s: %w", name, err)
	}
	err = durable.Create(file, sealed, 0o600)
	if errors.Is(err, fs.ErrExist) {
		err = ErrExists
	}
	if err != nil {
		return nil, fmt.Errorf("keeping key %s: %w", name, err)
	}
	return key, nil
}

func (s *Software) seal(key crypto.Signer) ([]byte, error) {
	iterations := s.Iterations
	if iterations == 0 {
		iterations = DefaultIterations
	}
	encrypted, err := pkcs8.MarshalPrivateKey(key, s.Passphrase, &pkcs8.Opts{
		Cipher:  pkcs8.AES256CBC,
		KDFOpts: pkcs8.PBKDF2Opts{SaltSize: 16, IterationCount: iterations, HMACHash: crypto.SHA256},
	})
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: encrypted}), nil
}

// Open returns the key of a label.
func (s *Software) Open(_ context.Context, name string) (crypto.Signer, error) {
	file, err := s.file(name)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("opening key %s: %w", name, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("opening key %s: %w", name, err)
	}
	block, rest := pem.Decode(text)
	if block == nil || block.Type != pemType || len(bytes.TrimSpace(rest)) > 0 {
		return nil, fmt.Errorf("opening key %s: %w", name, ErrPassphrase)
	}
	parsed, err := pkcs8.ParsePKCS8PrivateKey(block.Bytes, s.Passphrase)
	key, ok := parsed.(crypto.Signer)
	if err != nil || !ok {
		return nil, fmt.Errorf("opening key %s: %w", name, ErrPassphrase)
	}
	return key, nil
}
