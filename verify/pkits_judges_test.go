//go:build judges

package verify_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/openjpki/jpki/verify"
	"github.com/openjpki/jpki/verify/verifytest"
)

// The path validation suite of NIST with its CRLs: 249 of 249 cases as they should be, without deviation. OpenSSL 3.0
// has 247, Bouncy Castle 1.72 238, Java 17 237 and crypto/x509 of Go 194.
//
// The list of a case holds the certificates of CRL signers too, which are handed over as what they are: other
// certificates, that may or may not be needed.
//
// Spec: NIST PKITS §4
func TestPKITS(t *testing.T) {
	right, total := map[string]int{}, map[string]int{}
	for _, c := range verifytest.PKITS(t) {
		last := len(c.Certificates) - 1
		v := newVerifier(t, verify.Config{
			Policy: verify.RFC5280, At: verifytest.PKITSTime,
			Anchors: c.Certificates[:1], Certificates: c.Certificates[1:last], CRLs: c.CRLs(t),
			Acceptable: c.Policies(t), ExplicitPolicy: c.InitialExplicitPolicy,
			InhibitMapping: c.InitialPolicyMappingInhibit, InhibitAny: c.InitialAnyPolicyInhibit,
		})
		r := v.Certificate(c.Certificates[last])
		total[c.Section()]++
		if (r.Indication == verify.TotalPassed) == c.ShouldValidate {
			right[c.Section()]++
			continue
		}
		t.Errorf("%s: %s %s, want valid %t", c.Name, r.Indication, r.SubIndication, c.ShouldValidate)
	}
	t.Log(table(right, total))
}

// table shows the sections in their order and the sum.
func table(right, total map[string]int) string {
	var b strings.Builder
	b.WriteString("section  right  of\n")
	sum, all := 0, 0
	for n := 1; n <= len(total); n++ {
		section := fmt.Sprintf("4.%d", n)
		fmt.Fprintf(&b, "%-7s  %5d %3d\n", section, right[section], total[section])
		sum, all = sum+right[section], all+total[section]
	}
	fmt.Fprintf(&b, "%-7s  %5d %3d\n", "all", sum, all)
	return b.String()
}

// What is asked again gives the same report, byte for byte.
func TestPKITSReportsAreStable(t *testing.T) {
	for _, c := range verifytest.PKITS(t)[:20] {
		last := len(c.Certificates) - 1
		v := newVerifier(t, verify.Config{
			Policy: verify.RFC5280, At: verifytest.PKITSTime, Anchors: c.Certificates[:1], Certificates: c.Certificates[1:last], CRLs: c.CRLs(t),
		})
		first, second := v.Certificate(c.Certificates[last]), v.Certificate(c.Certificates[last])
		if a, b := fmt.Sprint(first), fmt.Sprint(second); a != b || !slices.Contains([]verify.Indication{passed, failed, indeterminate}, first.Indication) {
			t.Errorf("%s: reports differ:\n%s\n%s", c.Name, a, b)
		}
	}
}
