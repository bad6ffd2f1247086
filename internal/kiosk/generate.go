package kiosk

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"math/big"

	"github.com/openjpki/jpki"
)

// exponent is what crypto/rsa gives every key.
const exponent = 65537

// Generate makes an RSA-2048 key pair, loads the private key into the card, erases it here, and leaves on the card a
// proof that the card has it. The counter reads the public key from the proof.
//
//  1. The pair is made. Stopped here: the card is as it was.
//  2. The private key is sealed and sent. Stopped here: the card is as it was, and nobody else knew the pair.
//  3. The private key is erased from this machine. Stopped here: the new key waits on the card beside the old key and
//     certificate, which stay in use; there is no proof of it, so no certificate.
//  4. The card signs the proof of possession with the new key and keeps it. Stopped here: as before.
//  5. The act is told to the observer. Stopped here: the card is ready for the counter.
//
// Done again after any of them, in a new session, it replaces the waiting key. Nothing is told to anybody before the
// counter reads the card, so a pair that was replaced has left no trace.
//
// Req: R-KSK-04, R-SYS-06, R-CRD-04
func (s *Session) Generate(ctx context.Context) error {
	return s.act(ActGenerate, func() error {
		public, err := s.load(ctx)
		if err != nil {
			return err
		}
		s.step("Generate 4")
		if err := s.loader.ProvePossession(ctx, s.key, public); err != nil {
			return err
		}
		s.step("Generate 5")
		return nil
	})
}

func (s *Session) step(name string) { s.kiosk.config.Step(name) }

// load runs steps 1 to 3 where no copy of the private key outlives them, and returns the public key.
func (s *Session) load(ctx context.Context) (*rsa.PublicKey, error) {
	modulus := make([]byte, jpki.RSA2048.RSABits/8) // outside, since what is made inside is erased
	var err error
	erasing(func() { err = s.makeKey(ctx, modulus) })
	if err != nil {
		return nil, err
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: exponent}, nil
}

// makeKey makes a pair, sends the private key to the card and writes the modulus.
func (s *Session) makeKey(ctx context.Context, modulus []byte) error {
	s.step("Generate 1")
	private, err := rsa.GenerateKey(rand.Reader, jpki.RSA2048.RSABits)
	if err != nil {
		return err
	}
	defer erase(private)
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	s.step("Generate 2")
	if err := s.loader.LoadPrivateKey(ctx, s.key, encoded); err != nil { // zeroes encoded
		return err
	}
	private.N.FillBytes(modulus)
	s.step("Generate 3")
	return nil
}

// erase zeroes the numbers of a private key that can be reached from it.
func erase(private *rsa.PrivateKey) {
	pre := &private.Precomputed
	for _, n := range append([]*big.Int{private.D, pre.Dp, pre.Dq, pre.Qinv}, private.Primes...) {
		words := n.Bits()
		clear(words[:cap(words)])
		n.SetInt64(0)
	}
}
