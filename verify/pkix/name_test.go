package pkix_test

import (
	"testing"

	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/verify/pkix"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

func nameOf(t testing.TB, n der.Name) pkix.Name {
	t.Helper()
	var b cryptobyte.Builder
	b.AddValue(n)
	encoded, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return pkix.Name(encoded)
}

func cn(text der.Text) der.Name {
	return der.Name{der.Country("JP"), {{Type: der.CommonName, Value: text}}}
}

func TestNameMatches(t *testing.T) {
	bmp := der.Text{Tag: 30, Content: "\x89\x8B\x67\x2C"}
	teletex := der.Text{Tag: asn1.T61String, Content: "M\xFCnster"}
	two := der.RDN{{Type: der.CommonName, Value: der.UTF8("x")}, {Type: der.LocalityName, Value: der.UTF8("y")}}
	turned := der.RDN{two[1], two[0]}
	tests := []struct {
		name string
		a, b der.Name
		want bool
	}{
		{"same", cn(der.UTF8("A")), cn(der.UTF8("A")), true},
		{"other string type", cn(der.UTF8("A B")), cn(der.Printable("A B")), true},
		{"case", cn(der.UTF8("Ärzte")), cn(der.UTF8("äRZTE")), true},
		{"white space", cn(der.Printable("  a   b ")), cn(der.Printable("A B")), true},
		{"ideographic space", cn(der.UTF8("見本　花子")), cn(der.UTF8("見本 花子")), true},
		{"space taken away", cn(der.Printable("a b")), cn(der.Printable("ab")), false},
		{"BMPString", cn(bmp), cn(der.UTF8("見本")), true},
		{"TeletexString", cn(teletex), cn(der.UTF8("Münster")), true},
		{"other value", cn(der.UTF8("A")), cn(der.UTF8("B")), false},
		{"other attribute", der.Name{der.Locality("A")}, der.Name{der.Common("A")}, false},
		{"other order", der.Name{der.Common("A"), der.Locality("B")}, der.Name{der.Locality("B"), der.Common("A")}, false},
		{"order within a part", der.Name{two}, der.Name{turned}, true},
		{"one part or two", der.Name{two}, der.Name{{two[0]}, {two[1]}}, false},
		{"longer", cn(der.UTF8("A")), append(cn(der.UTF8("A")), der.Common("B")), false},
		{"text that looks like two parts", der.Name{der.Common("a/1:b")}, der.Name{der.Common("a"), der.Common("b")}, false},
		{"empty", der.Name{}, der.Name{}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, b := nameOf(t, tt.a), nameOf(t, tt.b)
			if a.Matches(b) != tt.want || b.Matches(a) != tt.want {
				t.Errorf("Matches(%v, %v) = %t, want %t", tt.a, tt.b, !tt.want, tt.want)
			}
		})
	}
}

func TestNameUnder(t *testing.T) {
	base := der.Name{der.Country("JP"), der.Organization("JPKI-TEST")}
	tests := []struct {
		name string
		in   der.Name
		want bool
	}{
		{"below", append(base, der.Common("x")), true},
		{"itself", base, true},
		{"other case", der.Name{der.Country("jp"), der.Organization("jpki-test"), der.Common("x")}, true},
		{"above", base[:1], false},
		{"beside", der.Name{der.Country("JP"), der.Organization("JPKI"), der.Common("x")}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := nameOf(t, tt.in).Under(nameOf(t, base)); got != tt.want {
				t.Errorf("Under(%v) = %t, want %t", tt.in, got, tt.want)
			}
		})
	}
}

func TestNameEmails(t *testing.T) {
	email := der.MustOID("1.2.840.113549.1.9.1")
	n := nameOf(t, der.Name{der.Common("a@b.invalid"), {{Type: email, Value: der.IA5("post@c.invalid")}}})
	if got := n.Emails(); len(got) != 1 || got[0] != "post@c.invalid" {
		t.Errorf("Emails = %q, want the one address", got)
	}
}

// Two names match if they have one folded form, by which they are looked up: all names of the NIST suite and of ours, each
// with each.
func TestMatchesAsFolded(t *testing.T) {
	names := map[pkix.Name]string{}
	for _, certificates := range []map[string][]byte{pkitsCertificates(t), goldenCertificates(t)} {
		for _, encoded := range certificates {
			c := parse(t, encoded)
			names[c.Subject], names[c.Issuer] = c.Subject.Folded(), c.Issuer.Folded()
		}
	}
	matching := 0
	for a, x := range names {
		for b, y := range names {
			if a.Matches(b) != (x == y) {
				t.Errorf("Matches(%X, %X) = %t, folded the same %t", a, b, a.Matches(b), x == y)
			}
			if a != b && x == y {
				matching++
			}
		}
	}
	if len(names) < 200 || matching == 0 {
		t.Errorf("%d names, %d pairs that match and differ in their bytes", len(names), matching)
	}
}
