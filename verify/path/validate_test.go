package path_test

import (
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/verify/path"
	"github.com/openjpki/jpki/verify/pkix"
	"github.com/openjpki/jpki/verify/verifytest"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

func null(b *cryptobyte.Builder) { b.AddASN1NULL() }

func TestValidate(t *testing.T) {
	clientOnly := func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }
	anyUsage := func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny} }
	noCA := func(c *x509.Certificate) { c.IsCA, c.KeyUsage = false, 0 }
	crlOnly := func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCRLSign }
	expired := func(c *x509.Certificate) { c.NotAfter = verifytest.Now.Add(-time.Minute) }
	noneBelow := func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = 0, true }
	oneBelow := func(c *x509.Certificate) { c.MaxPathLen = 1 }
	selfIssued := func(c *x509.Certificate) { c.Subject = name(0) }
	dns := func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"example.invalid"} }
	elsewhere := func(c *x509.Certificate) { c.DNSNames = []string{"other.invalid"} }
	tests := []struct {
		name   string
		anchor change
		below  []change
		usage  string
		want   string // "" for a valid path
	}{
		{"one certificate", nil, []change{nil}, "", ""},
		{"three", nil, []change{nil, nil, nil}, "", ""},
		{"expired target", nil, []change{expired}, "", "validity of certificate 1: validity has ended"},
		{"expired CA", nil, []change{expired, nil}, "", "validity of certificate 1: validity has ended"},
		{"expired anchor", expired, []change{nil}, "", "anchor of certificate 0: validity has ended"},
		{"anchor that is no CA", noCA, []change{nil}, "", "anchor of certificate 0: issuer is not a CA"},
		{"anchor for CRLs only", crlOnly, []change{nil}, "", "anchor of certificate 0: key usage of the issuer is without keyCertSign"},
		{"CA that is none", nil, []change{noCA, nil}, "", "authority of certificate 1: issuer is not a CA"},
		{"CA for CRLs only", nil, []change{crlOnly, nil}, "", "authority of certificate 1: key usage of the issuer is without keyCertSign"},
		{"path length of a CA", nil, []change{noneBelow, nil}, "", ""},
		{"path length of a CA exceeded", nil, []change{noneBelow, nil, nil}, "", "authority of certificate 2: more CAs follow than a certificate above allows"},
		{"path length of the anchor", noneBelow, []change{nil}, "", ""},
		{"path length of the anchor exceeded", oneBelow, []change{nil, nil, nil}, "", "authority of certificate 2: more CAs follow than a certificate above allows"},
		{"self-issued CA does not count", oneBelow, []change{selfIssued, nil, nil}, "", ""},
		{"unknown critical extension", nil, []change{extend(true, null, 2, 999, 1)}, "", "critical of certificate 1: critical extension 2.999.1 is not understood"},
		{"unknown extension", nil, []change{extend(false, null, 2, 999, 1)}, "", ""},
		{"usage", nil, []change{clientOnly}, "1.3.6.1.5.5.7.3.2", ""},
		{"any usage", nil, []change{anyUsage}, "1.3.6.1.5.5.7.3.2", ""},
		{"no usage named", nil, []change{nil}, "1.3.6.1.5.5.7.3.2", ""},
		{"other usage", nil, []change{clientOnly}, "1.3.6.1.5.5.7.3.9", "usage of certificate 1: extended key usage is without 1.3.6.1.5.5.7.3.9"},
		{"usage that was not asked for", nil, []change{clientOnly}, "", ""},
		{"names of the anchor bind", dns, []change{elsewhere}, "", "names of certificate 1: name of form 2: outside the permitted subtrees"},
		{"names of a CA bind", nil, []change{dns, nil, elsewhere}, "", "names of certificate 3: name of form 2: outside the permitted subtrees"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rules := path.Rules{At: verifytest.Now}
			if tt.usage != "" {
				rules.Usage = der.MustOID(tt.usage)
			}
			err := path.Validate(chain(t, tt.anchor, tt.below...), rules).Err()
			if got := fmt.Sprint(err); got != tt.want && (err != nil || tt.want != "") {
				t.Errorf("Validate = %v, want %q", err, tt.want)
			}
		})
	}
}

// Certificates of one path do not fit into another with the same names.
func TestValidateOtherPath(t *testing.T) {
	p, q := chain(t, nil, nil, nil), chain(t, nil, nil, nil)
	tests := []struct {
		name string
		in   path.Path
		want string
	}{
		{"other anchor", path.Path{Anchor: q.Anchor, Certificates: p.Certificates}, "signature of certificate 1: signature does not verify with the key"},
		{"other CA", path.Path{Anchor: p.Anchor, Certificates: []*pkix.Certificate{p.Certificates[0], q.Certificates[1]}}, "signature of certificate 2: signature does not verify with the key"},
		{"CA left out", path.Path{Anchor: p.Anchor, Certificates: p.Certificates[1:]}, "signature of certificate 1: signature does not verify with the key"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			result := path.Validate(tt.in, path.Rules{At: verifytest.Now})
			if err := result.Err(); err == nil || err.Error() != tt.want {
				t.Errorf("Validate = %v, want %q", err, tt.want)
			}
		})
	}
	left := path.Validate(tests[2].in, path.Rules{At: verifytest.Now})
	if !slices.ContainsFunc(left.Findings, func(f path.Finding) bool { return f.Rule == path.Names && f.Err != nil }) {
		t.Error("names chain, though a CA is left out")
	}
}

// Spec: RFC 5280 §4.2.1.10
func TestNameConstraints(t *testing.T) {
	uri := func(s string) *url.URL {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	ip := func(s string) *net.IPNet {
		_, n, err := net.ParseCIDR(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	tests := []struct {
		name      string
		permitted change
		target    change
		want      bool
	}{
		{"DNS below", func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"a.invalid"} }, func(c *x509.Certificate) { c.DNSNames = []string{"x.A.invalid"} }, true},
		{"DNS itself", func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"a.invalid"} }, func(c *x509.Certificate) { c.DNSNames = []string{"a.invalid"} }, true},
		{"DNS that ends alike", func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"a.invalid"} }, func(c *x509.Certificate) { c.DNSNames = []string{"xa.invalid"} }, false},
		{"one of two DNS outside", func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"a.invalid"} }, func(c *x509.Certificate) { c.DNSNames = []string{"a.invalid", "b.invalid"} }, false},
		{"DNS in a second subtree", func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"a.invalid", "b.invalid"} }, func(c *x509.Certificate) { c.DNSNames = []string{"x.b.invalid"} }, true},
		{"DNS excluded", func(c *x509.Certificate) { c.ExcludedDNSDomains = []string{"a.invalid"} }, func(c *x509.Certificate) { c.DNSNames = []string{"x.a.invalid"} }, false},
		{"DNS not excluded", func(c *x509.Certificate) { c.ExcludedDNSDomains = []string{"a.invalid"} }, func(c *x509.Certificate) { c.DNSNames = []string{"b.invalid"} }, true},
		{"name of another form", func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"a.invalid"} }, func(c *x509.Certificate) { c.EmailAddresses = []string{"x@b.invalid"} }, true},
		{"e-mail host", func(c *x509.Certificate) { c.PermittedEmailAddresses = []string{"a.invalid"} }, func(c *x509.Certificate) { c.EmailAddresses = []string{"x@A.invalid"} }, true},
		{"e-mail below a host", func(c *x509.Certificate) { c.PermittedEmailAddresses = []string{"a.invalid"} }, func(c *x509.Certificate) { c.EmailAddresses = []string{"x@b.a.invalid"} }, false},
		{"e-mail domain", func(c *x509.Certificate) { c.PermittedEmailAddresses = []string{".a.invalid"} }, func(c *x509.Certificate) { c.EmailAddresses = []string{"x@b.a.invalid"} }, true},
		{"mailbox", func(c *x509.Certificate) { c.PermittedEmailAddresses = []string{"x@a.invalid"} }, func(c *x509.Certificate) { c.EmailAddresses = []string{"x@a.invalid"} }, true},
		{"other mailbox", func(c *x509.Certificate) { c.PermittedEmailAddresses = []string{"x@a.invalid"} }, func(c *x509.Certificate) { c.EmailAddresses = []string{"X@a.invalid"} }, false},
		{"URI host", func(c *x509.Certificate) { c.PermittedURIDomains = []string{"a.invalid"} }, func(c *x509.Certificate) { c.URIs = []*url.URL{uri("https://a.invalid:8443/x")} }, true},
		{"URI below a host", func(c *x509.Certificate) { c.PermittedURIDomains = []string{"a.invalid"} }, func(c *x509.Certificate) { c.URIs = []*url.URL{uri("https://b.a.invalid/")} }, false},
		{"URI domain", func(c *x509.Certificate) { c.PermittedURIDomains = []string{".a.invalid"} }, func(c *x509.Certificate) { c.URIs = []*url.URL{uri("https://b.a.invalid/")} }, true},
		{"URI of an address", func(c *x509.Certificate) { c.PermittedURIDomains = []string{"a.invalid"} }, func(c *x509.Certificate) { c.URIs = []*url.URL{uri("https://127.0.0.1/")} }, false},
		{"URI without a host", func(c *x509.Certificate) { c.ExcludedURIDomains = []string{"a.invalid"} }, func(c *x509.Certificate) { c.URIs = []*url.URL{uri("urn:x:y")} }, false},
		{"IP address", func(c *x509.Certificate) { c.PermittedIPRanges = []*net.IPNet{ip("192.0.2.0/24")} }, func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(192, 0, 2, 9)} }, true},
		{"other IP address", func(c *x509.Certificate) { c.PermittedIPRanges = []*net.IPNet{ip("192.0.2.0/24")} }, func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(192, 0, 3, 9)} }, false},
		{"IP address of the other version", func(c *x509.Certificate) { c.PermittedIPRanges = []*net.IPNet{ip("192.0.2.0/24")} }, func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.ParseIP("2001:db8::1")} }, false},
		{"form that is not understood", permitOther, nameOther, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := path.Validate(chain(t, nil, tt.permitted, tt.target), path.Rules{At: verifytest.Now}).Err()
			if (err == nil) != tt.want {
				t.Errorf("Validate = %v, want valid %t", err, tt.want)
			}
		})
	}
}

var context = asn1.Tag(0).ContextSpecific().Constructed()

// otherName writes an otherName.
func otherName(b *cryptobyte.Builder) {
	b.AddASN1(context, func(b *cryptobyte.Builder) {
		b.AddValue(policy(1))
		b.AddASN1(context, null)
	})
}

var permitOther = extend(true, func(b *cryptobyte.Builder) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(context, func(b *cryptobyte.Builder) { b.AddASN1(asn1.SEQUENCE, otherName) })
	})
}, 2, 5, 29, 30)

var nameOther = extend(false, func(b *cryptobyte.Builder) { b.AddASN1(asn1.SEQUENCE, otherName) }, 2, 5, 29, 17)

// Many names under many constraints are refused rather than compared.
func TestNameConstraintsAreBounded(t *testing.T) {
	many := func(n int, format string) []string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(format, i))
		}
		return list
	}
	permitted := func(c *x509.Certificate) { c.PermittedDNSDomains = append(many(2000, "d%d.invalid"), "z.invalid") }
	target := func(c *x509.Certificate) { c.DNSNames = many(2000, "x%d.z.invalid") }
	err := path.Validate(chain(t, nil, permitted, target), path.Rules{At: verifytest.Now}).Err()
	if want := "names of certificate 2: name of form 2: too many names and constraints"; err == nil || err.Error() != want {
		t.Errorf("Validate = %v, want %q", err, want)
	}
}

// The certificate in question can require a policy itself, at once.
//
// Spec: RFC 5280 §6.1.5
func TestTargetRequiresPolicy(t *testing.T) {
	policies := extend(true, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddValue(policy(1)) })
		})
	}, 2, 5, 29, 32)
	require := func(skip byte) change {
		return extend(true, func(b *cryptobyte.Builder) { b.AddBytes([]byte{0x30, 3, 0x80, 1, skip}) }, 2, 5, 29, 36)
	}
	tests := []struct {
		name   string
		target change
		wanted int
		want   bool
	}{
		{"required, acceptable", all(policies, require(0)), 1, true},
		{"required, not acceptable", all(policies, require(0)), 2, false},
		{"required of the next one only", all(policies, require(1)), 2, true},
		{"not required", policies, 2, true},
		{"required, none there", require(0), 1, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			result := path.Validate(chain(t, nil, tt.target), path.Rules{At: verifytest.Now, Policies: []der.OID{policy(tt.wanted)}})
			if err := result.Err(); (err == nil) != tt.want {
				t.Errorf("Validate = %v, want valid %t", err, tt.want)
			}
		})
	}
}

// withPolicies gives a certificate n policies, each mapped to all of them.
func withPolicies(n int) change {
	list := func(write func(*cryptobyte.Builder, int)) cryptobyte.BuilderContinuation {
		return func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				for i := range n {
					write(b, i)
				}
			})
		}
	}
	policies := list(func(b *cryptobyte.Builder, i int) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddValue(policy(i)) })
	})
	mappings := list(func(b *cryptobyte.Builder, i int) {
		for j := range n {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddValue(policy(i))
				b.AddValue(policy(j))
			})
		}
	})
	return all(extend(true, policies, 2, 5, 29, 32), extend(true, mappings, 2, 5, 29, 33))
}

// Each of 15 CAs maps 20 policies to 20: a tree of them would have 20^15 leaves.
func TestPolicyGraphIsSmall(t *testing.T) {
	below := slices.Repeat([]change{withPolicies(20)}, path.MaxLength)
	below[len(below)-1] = extend(true, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddValue(policy(7)) })
		})
	}, 2, 5, 29, 32)
	p := chain(t, nil, below...)
	for wanted, want := range map[int]bool{3: true, 20: false} {
		result := path.Validate(p, path.Rules{At: verifytest.Now, ExplicitPolicy: true, Policies: []der.OID{policy(wanted)}})
		if err := result.Err(); (err == nil) != want || want && !slices.Equal(result.Policies, []der.OID{policy(wanted)}) {
			t.Errorf("Validate for policy %d = %v, valid for %v, want valid %t", wanted, err, result.Policies, want)
		}
	}
}
