package verifytest_test

import (
	"bytes"
	"testing"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/verify/verifytest"
)

// Mutations are as many as were asked for, the same each time, all different from the original, and of every sort.
func TestMutations(t *testing.T) {
	list := verifytest.NewCA(t, jpki.SigningCA, 1).CRL(t, verifytest.Mihon, nil)
	for _, original := range [][]byte{list, {0x00}, []byte("no TLV")} {
		sorts, n := map[string]int{}, 0
		var first [][]byte
		for m := range verifytest.Mutations(1, 1000, original) {
			if bytes.Equal(m.Bytes, original) {
				t.Errorf("%s: nothing is altered", m.How)
			}
			sorts[m.How]++
			first = append(first, m.Bytes)
			n++
		}
		if n != 1000 || len(original) > 100 && len(sorts) != 12 {
			t.Errorf("%d mutations of %v, want 1000 of 12 sorts", n, sorts)
		}
		for m := range verifytest.Mutations(1, 1000, original) {
			if !bytes.Equal(m.Bytes, first[0]) {
				t.Fatal("the same seed gives other mutations")
			}
			first = first[1:]
		}
	}
}
