package verifytest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki/der"
)

// Case is one case of the path validation suite of NIST (PKITS).
//
// Spec: NIST PKITS §4
type Case struct {
	Name                        string
	CertPath                    []string // files: the trust anchor, others, the certificate in question
	CRLPath                     []string // files
	InitialPolicySet            []string
	InitialPolicyMappingInhibit bool
	InitialExplicitPolicy       bool
	InitialAnyPolicyInhibit     bool
	ShouldValidate              bool

	Certificates [][]byte // the contents of CertPath
}

// PKITSTime lies within the validity of the suite.
var PKITSTime = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// PKITS returns the 249 cases that come with Go.
func PKITS(t testing.TB) []Case {
	t.Helper()
	//lint:ignore SA1019 a test runs where it was built
	dir := filepath.Join(runtime.GOROOT(), "src", "crypto", "x509", "testdata", "nist-pkits")
	vectors, err := os.ReadFile(filepath.Join(dir, "vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []Case
	if err := json.Unmarshal(vectors, &cases); err != nil {
		t.Fatal(err)
	}
	for i := range cases {
		for _, name := range cases[i].CertPath {
			encoded, err := os.ReadFile(filepath.Join(dir, "certs", name))
			if err != nil {
				t.Fatal(err)
			}
			cases[i].Certificates = append(cases[i].Certificates, encoded)
		}
	}
	return cases
}

// CRLs returns the contents of CRLPath. They do not come with Go: a Debian package brings them.
func (c Case) CRLs(t testing.TB) [][]byte {
	t.Helper()
	const dir = "/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data/crls"
	var lists [][]byte
	for _, name := range c.CRLPath {
		encoded, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatalf("%v: apt-get install python3-cryptography-vectors", err)
		}
		lists = append(lists, encoded)
	}
	return lists
}

// Section returns the section of the suite, such as "4.10".
func (c Case) Section() string {
	parts := strings.SplitN(c.Name, ".", 3)
	return strings.Join(parts[:2], ".")
}

// Policies returns the object identifiers of InitialPolicySet.
func (c Case) Policies(t testing.TB) []der.OID {
	t.Helper()
	var policies []der.OID
	for _, name := range c.InitialPolicySet {
		dotted := "2.5.29.32.0"
		if number, ok := strings.CutPrefix(name, "NIST-test-policy-"); ok {
			dotted = "2.16.840.1.101.3.2.1.48." + number
		} else if name != "anyPolicy" {
			t.Fatalf("policy %q is not known", name)
		}
		policies = append(policies, der.MustOID(dotted))
	}
	return policies
}
