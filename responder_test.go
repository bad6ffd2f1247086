package jpki_test

import (
	"bytes"
	"crypto/x509"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
)

// responder is the certificate of the responder of a CA of the family, with the holder's key for its own.
func responder(t testing.TB, profile jpki.Profile, keys string, ca *jpki.Certificate) *jpki.Certificate {
	t.Helper()
	v := jpki.Validity{NotBefore: issued, NotAfter: issued.AddDate(0, 0, 7)}
	c, err := profile.Responder(ca, 0x067C6A81, v, testKey(t, keys+"-holder").Public())
	if err != nil {
		t.Fatal(err)
	}
	tbs, err := c.TBS()
	if err != nil {
		t.Fatal(err)
	}
	if c.Signature, err = profile.Suite.Sign(nil, testKey(t, keys+"-ca"), tbs); err != nil {
		t.Fatal(err)
	}
	return c
}

// Req: R-SYS-23
func TestResponder(t *testing.T) {
	profile := jpki.Sandbox("http://127.0.0.1:8080/ocsp")
	family := rsaFamily(t)
	for ca, kind := range map[jpki.Kind]jpki.Kind{jpki.SigningCA: jpki.SigningResponder, jpki.AuthenticationCA: jpki.AuthenticationResponder} {
		t.Run(kind.String(), func(t *testing.T) {
			encoded := marshal(t, responder(t, profile, "rsa2048", family[ca]))
			var dump bytes.Buffer
			if err := der.Dump(&dump, encoded, jpki.NameOf); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", "golden", "rsa2048-"+kind.String())
			golden(t, file+".der", encoded)
			golden(t, file+".txt", dump.Bytes())

			c, err := jpki.Parse(encoded)
			if err != nil || c.Kind != kind || c.Kind.CA() != ca {
				t.Fatalf("Parse = kind %v, %v, want %s of %s", c, err, kind, ca)
			}
			if err := c.SignedBy(family[ca]); err != nil {
				t.Errorf("SignedBy its CA: %v", err)
			}
			if want := family[ca].Subject.String() + ", CN=OCSP Responder"; c.Subject.String() != want {
				t.Errorf("Subject = %s, want %s", c.Subject, want)
			}
			other, err := x509.ParseCertificate(encoded)
			if err != nil || len(other.ExtKeyUsage) != 1 || other.ExtKeyUsage[0] != x509.ExtKeyUsageOCSPSigning || other.KeyUsage != x509.KeyUsageDigitalSignature {
				t.Errorf("crypto/x509 reads usages %v, %b (error %v), want OCSPSigning, digitalSignature", other.ExtKeyUsage, other.KeyUsage, err)
			}
		})
	}
}

func TestResponderRefuses(t *testing.T) {
	profile := jpki.Sandbox("")
	family := rsaFamily(t)
	key := testKey(t, "rsa2048-holder").Public()
	week := jpki.Validity{NotBefore: issued, NotAfter: issued.Add(7 * 24 * time.Hour)}
	if c, err := profile.Responder(family[jpki.Signing], 9, week, key); err == nil {
		t.Errorf("Responder of a holder = %v, want an error", c.Subject)
	}
	if c, err := profile.Responder(family[jpki.SigningCA], 9, week, testKey(t, "p384-holder").Public()); err == nil {
		t.Errorf("Responder with a key of another suite = %v, want an error", c.Subject)
	}
	encoded := bytes.Replace(marshal(t, responder(t, profile, "rsa2048", family[jpki.SigningCA])), []byte("JPKI for digital"), []byte("ABCD for digital"), -1)
	if _, err := jpki.Parse(encoded); err == nil || !strings.Contains(err.Error(), "not a JPKI certificate") {
		t.Errorf("Parse of another PKI's responder: %v, want ErrNotJPKI", err)
	}
}
