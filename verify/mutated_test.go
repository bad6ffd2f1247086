package verify_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/openjpki/jpki/verify"
	"github.com/openjpki/jpki/verify/verifytest"
)

// A thousand altered signatures: each gets a verdict, and none passes but where nothing was altered that is signed or
// proves who signed.
func TestMutated(t *testing.T) {
	s := newScene(t)
	v := newVerifier(t, s.config(t))
	random, original := rand.New(rand.NewPCG(3, 4)), detached(t, s.sign)
	alter := []func([]byte) []byte{
		func(b []byte) []byte { b[random.IntN(len(b))] ^= 1 << random.IntN(8); return b },
		func(b []byte) []byte { b[random.IntN(len(b))] = byte(random.Uint32()); return b },
		func(b []byte) []byte { return b[:random.IntN(len(b))] },
		func(b []byte) []byte { at := random.IntN(len(b)); return append(b[:at], b[at+1:]...) },
		func(b []byte) []byte { at := random.IntN(len(b)); return append(b[:at:at], b[at/2:]...) },
	}
	seen := map[verify.SubIndication]int{}
	for i := range 1000 {
		p7s := alter[i%len(alter)](bytes.Clone(original))
		r := judge(t, v, p7s, document)
		seen[r.SubIndication]++
		if r.Indication == passed && !bytes.Contains(p7s, s.sign.DER) {
			t.Errorf("passes, though the certificate is altered: %X", p7s)
		}
	}
	t.Logf("verdicts: %v", seen)
	if seen[""] > 50 || seen[verify.FormatFailure] == 0 || seen[verify.SigCryptoFailure] == 0 {
		t.Errorf("verdicts = %v, want nearly all refused, for several reasons", seen)
	}
}

// FuzzCMS: whatever the file, there is a verdict, and it passes only with the holder's certificate in it.
func FuzzCMS(f *testing.F) {
	s := newScene(f)
	v := newVerifier(f, s.config(f))
	f.Add(s.p7s)
	f.Add(attached(f, s.sign, document))
	f.Add(embed(f, s.p7s, s.ca.CRL(f, verifytest.Mihon, nil), s.ca.OCSP(f, serial)))
	f.Fuzz(func(t *testing.T, p7s []byte) {
		r := judge(t, v, p7s, document)
		if r.Indication == passed && !bytes.Contains(p7s, s.sign.DER) {
			t.Errorf("passes without the certificate: %X", p7s)
		}
	})
}
