package verify

import "github.com/openjpki/jpki"

// NewRecognizing is New with other CA certificates in the place of those that J-LIS published: nobody but J-LIS can make
// a signature to test those with.
func NewRecognizing(c Config, published map[jpki.Fingerprint]jpki.Published) (*Verifier, error) {
	return newVerifier(c, func(f jpki.Fingerprint) (jpki.Published, bool) {
		p, ok := published[f]
		return p, ok
	})
}
