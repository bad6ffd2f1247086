package path_test

import (
	"slices"
	"testing"

	"github.com/openjpki/jpki/verify/path"
	"github.com/openjpki/jpki/verify/pkix"
	"github.com/openjpki/jpki/verify/verifytest"
)

func parse(t testing.TB, encoded []byte) *pkix.Certificate {
	t.Helper()
	c, err := pkix.ParseCertificate(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func parseAll(t testing.TB, encoded ...[]byte) []*pkix.Certificate {
	t.Helper()
	var all []*pkix.Certificate
	for _, e := range encoded {
		all = append(all, parse(t, e))
	}
	return all
}

// valid builds and validates paths until one is valid.
func valid(target *pkix.Certificate, anchors, others path.Pool, rules path.Rules) bool {
	for p := range path.Build(target, anchors, others) {
		if path.Validate(p, rules).Err() == nil {
			return true
		}
	}
	return false
}

// The suite of NIST without its CRLs: every path that is valid is found valid, and of the invalid ones exactly those are
// found valid that only revocation makes invalid.
//
// Spec: NIST PKITS §4
func TestPKITS(t *testing.T) {
	byRevocation := []string{"4.4", "4.5", "4.7", "4.14", "4.15"} // sections
	right, open := 0, 0
	for _, c := range verifytest.PKITS(t) {
		certificates := parseAll(t, c.Certificates...)
		last := len(certificates) - 1
		rules := path.Rules{
			At: verifytest.PKITSTime, Policies: c.Policies(t), ExplicitPolicy: c.InitialExplicitPolicy,
			InhibitMapping: c.InitialPolicyMappingInhibit, InhibitAny: c.InitialAnyPolicyInhibit,
		}
		got := valid(certificates[last], path.NewPool(certificates[0]), path.NewPool(certificates[1:last]...), rules)
		switch {
		case got == c.ShouldValidate:
			right++
		case got && slices.Contains(byRevocation, c.Section()):
			open++
		default:
			t.Errorf("%s: valid %t, want %t", c.Name, got, c.ShouldValidate)
		}
	}
	t.Logf("%d right, %d left to revocation", right, open)
	if right != 203 || open != 46 {
		t.Errorf("%d right and %d left to revocation, want 203 and 46", right, open)
	}
}
