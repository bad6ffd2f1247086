package lint_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/internal/ca/lint"
)

var profile = jpki.Sandbox("http://127.0.0.1:8080/ocsp")

// keys are made once: the CA's and the holder's.
var keys = sync.OnceValue(func() [2]crypto.Signer {
	var made [2]crypto.Signer
	for i := range made {
		key, err := profile.Suite.GenerateKey(rand.Reader)
		if err != nil {
			panic(err)
		}
		made[i] = key
	}
	return made
})

func subject(t *testing.T, kind jpki.Kind) lint.Subject {
	t.Helper()
	issued := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	ca, err := profile.CA(kind.CA(), jpki.Governor{}, 1, jpki.Validity{NotBefore: issued, NotAfter: time.Date(2036, 3, 31, 14, 59, 59, 0, time.UTC)}, keys()[0].Public())
	if err != nil {
		t.Fatal(err)
	}
	m := jpki.Municipality{Code: "99201", Prefecture: "Kaku-ken", Name: "Mihon-shi"}
	entry := jpki.Entry{
		Serial: 2, Key: keys()[1].Public(), Municipality: m, CommonName: jpki.SigningCN(issued, 2, m),
		Validity: jpki.Validity{NotBefore: issued, NotAfter: time.Date(2031, 1, 1, 14, 59, 59, 0, time.UTC)},
	}
	c := ca
	switch kind {
	case jpki.Signing:
		c, err = profile.Signing(ca, entry, jpki.Person{
			Name: "見本　花子", NameMarks: "00000", Birth: jpki.Birth{Era: jpki.Showa, Year: 1980, Month: 1, Day: 1}, Sex: jpki.Female,
			Address: "架空県見本市", AddressMarks: "000000",
		})
	case jpki.Authentication:
		entry.CommonName = "ABCDEFGHIJKLMN" + m.Code + "003A"
		c, err = profile.Authentication(ca, entry)
	case jpki.SigningResponder, jpki.AuthenticationResponder:
		c, err = profile.Responder(ca, 2, jpki.Validity{NotBefore: issued, NotAfter: issued.AddDate(0, 0, 7)}, keys()[1].Public())
	}
	if err != nil {
		t.Fatal(err)
	}
	return lint.Subject{Certificate: c, Size: 1700, Issuer: ca, Profile: profile}
}

func TestClean(t *testing.T) {
	for _, kind := range jpki.Kinds {
		if findings := lint.Check(subject(t, kind)); len(findings) > 0 {
			t.Errorf("%s: %v", kind, findings)
		}
	}
}

// breaks holds for each rule a change that it must find.
var breaks = map[string]struct {
	kind   jpki.Kind
	change func(*lint.Subject)
}{
	"serial_positive":     {jpki.Signing, func(s *lint.Subject) { s.Certificate.Serial = 0 }},
	"algorithm_of_issuer": {jpki.Signing, func(s *lint.Subject) { s.Certificate.Algorithm = jpki.P384.Algorithm }},
	"key_of_suite":        {jpki.Signing, func(s *lint.Subject) { s.Certificate.PublicKey = p256() }},
	"rsa_exponent":        {jpki.Signing, func(s *lint.Subject) { s.Certificate.PublicKey = smallExponent() }},
	"key_not_of_issuer":   {jpki.Authentication, func(s *lint.Subject) { s.Certificate.PublicKey = s.Issuer.PublicKey }},
	"validity_end_of_day": {jpki.SigningCA, func(s *lint.Subject) { s.Certificate.NotAfter = s.Certificate.NotAfter.Add(time.Second) }},
	"issuer_is_ca":        {jpki.Signing, func(s *lint.Subject) { s.Certificate.Issuer = s.Certificate.Subject }},
	"name_string_types":   {jpki.Signing, func(s *lint.Subject) { s.Certificate.Subject[0][0].Value = der.UTF8("JP") }},
	"ca_name":             {jpki.SigningCA, func(s *lint.Subject) { s.Certificate.Subject = s.Certificate.Subject[:3] }},
	"extensions_in_order": {jpki.Signing, func(s *lint.Subject) { s.Certificate.Extensions[0].Critical = false }},
	"key_usage":           {jpki.Signing, func(s *lint.Subject) { s.Certificate.Extensions[0].Value = jpki.DigitalSignature }},
	"policy":              {jpki.Signing, func(s *lint.Subject) { s.Profile.SigningPolicy = jpki.PolicySigning }},
	"distribution_point":  {jpki.Signing, func(s *lint.Subject) { s.Certificate.Subject[2] = der.Locality("Reiji-shi") }},
	"size_for_card":       {jpki.Signing, func(s *lint.Subject) { s.Size = 255 }},
	"signing_subject":     {jpki.Signing, func(s *lint.Subject) { s.Certificate.Subject[3] = der.Common("見本　花子") }},
	"validity_within_issuer": {jpki.Signing, func(s *lint.Subject) {
		s.Certificate.NotAfter = s.Issuer.NotAfter.AddDate(0, 0, 1)
	}},
	"authentication_subject": {jpki.Authentication, func(s *lint.Subject) {
		s.Certificate.Subject = append(s.Certificate.Subject, der.Locality("Mihon-shi"))
	}},
	"authority_key": {jpki.Signing, func(s *lint.Subject) {
		s.Certificate.Extensions[5].Value = jpki.AuthorityKeyID{KeyID: "another generation"}
	}},
	"responder_subject": {jpki.SigningResponder, func(s *lint.Subject) {
		s.Certificate.Subject = s.Issuer.Subject
	}},
	"responder_purpose": {jpki.AuthenticationResponder, func(s *lint.Subject) {
		s.Certificate.Extensions[1].Value = jpki.ExtKeyUsage{jpki.UsageOCSPSigning, jpki.UsageClientAuth}
	}},
	"responder_short_lived": {jpki.SigningResponder, func(s *lint.Subject) {
		s.Certificate.NotAfter = s.Certificate.NotBefore.AddDate(0, 0, 32)
	}},
	"person_complete": {jpki.Signing, func(s *lint.Subject) {
		names := s.Certificate.Extensions[1].Value.(jpki.SubjectAltName)
		s.Certificate.Extensions[1].Value = names[1:]
	}},
}

func p256() crypto.PublicKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key.Public()
}

func smallExponent() crypto.PublicKey {
	key := keys()[1].Public().(*rsa.PublicKey)
	return &rsa.PublicKey{N: new(big.Int).Set(key.N), E: 3}
}

// Every rule of the table finds what it is there for, and names it.
//
// Req: R-CRT-01, R-CRT-03, R-CRT-04
func TestEveryRule(t *testing.T) {
	for _, rule := range lint.Rules() {
		t.Run(rule.ID, func(t *testing.T) {
			b, ok := breaks[rule.ID]
			if !ok {
				t.Fatal("no test breaks this rule")
			}
			s := subject(t, b.kind)
			b.change(&s)
			findings := lint.Check(s)
			for _, f := range findings {
				if f.ID == rule.ID {
					if strings.Contains(findings.Error(), "花子") {
						t.Errorf("finding tells a name: %v", findings)
					}
					return
				}
			}
			t.Errorf("findings = %v, want %s among them", findings, rule.ID)
		})
	}
}
