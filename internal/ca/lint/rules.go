package lint

import (
	"crypto"
	"crypto/rsa"
	"fmt"
	"regexp"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
)

func serialPositive(s Subject) string {
	if s.Certificate.Serial == 0 {
		return "serial number is zero"
	}
	return ""
}

func algorithmOfIssuer(s Subject) string {
	suite, err := jpki.SuiteOf(s.Issuer.PublicKey)
	if err != nil {
		return err.Error()
	}
	return differ("signature algorithms", s.Certificate.Algorithm.ID.String(), suite.Algorithm.ID.String())
}

func keyOfSuite(s Subject) string {
	if err := s.Profile.Suite.Fits(s.Certificate.PublicKey); err != nil {
		return err.Error()
	}
	return ""
}

func rsaExponent(s Subject) string {
	if key, ok := s.Certificate.PublicKey.(*rsa.PublicKey); ok && key.E != 65537 {
		return fmt.Sprintf("public exponent is %d", key.E)
	}
	return ""
}

func keyNotOfIssuer(s Subject) string {
	if key, ok := s.Certificate.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); !ok || key.Equal(s.Issuer.PublicKey) {
		return "public key is the CA's own"
	}
	return ""
}

func validityEndOfDay(s Subject) string {
	return differ("ends of validity", s.Certificate.NotAfter.Format(time.TimeOnly), "14:59:59")
}

func validityWithinIssuer(s Subject) string {
	if s.Certificate.NotBefore.Before(s.Issuer.NotBefore) || s.Certificate.NotAfter.After(s.Issuer.NotAfter) {
		return "validity begins before the CA's or ends after it"
	}
	return ""
}

func issuerIsCA(s Subject) string {
	return differ("issuer names", s.Certificate.Issuer.String(), s.Issuer.Subject.String())
}

func caName(s Subject) string {
	n := s.Certificate.Subject
	units := n.Values(der.OrganizationalUnitName)
	if len(units) < 2 || units[len(units)-1] != s.Profile.Authority || len(n) != len(units)+2 {
		return "name is not C, O and units that end with the authority"
	}
	return differ("organizations", fmt.Sprint(n.Values(der.OrganizationName)), fmt.Sprint([]string{s.Profile.Organization}))
}

var (
	signingCN        = regexp.MustCompile(`^C=JP, L=[A-Z][A-Za-z-]+, L=[A-Z][A-Za-z-]+, CN=[0-9]{24}[0-9]{3}[A-Z]$`)
	authenticationCN = regexp.MustCompile(`^C=JP, CN=[A-Z0-9]{14}[0-9]{5}[0-9]{3}[A-Z]$`)
)

func signingSubject(s Subject) string {
	if !signingCN.MatchString(s.Certificate.Subject.String()) {
		return "subject is not of the form C, L, L, CN with romanised places and 28 characters"
	}
	return ""
}

func authenticationSubject(s Subject) string {
	if !authenticationCN.MatchString(s.Certificate.Subject.String()) {
		return "subject is not of the form C, CN with 23 characters"
	}
	return ""
}

func keyUsage(s Subject) string {
	want := map[jpki.Kind]jpki.KeyUsage{
		jpki.SigningCA: jpki.KeyCertSign | jpki.CRLSign, jpki.AuthenticationCA: jpki.KeyCertSign | jpki.CRLSign,
		jpki.Signing: jpki.DigitalSignature | jpki.NonRepudiation, jpki.Authentication: jpki.DigitalSignature,
		jpki.SigningResponder: jpki.DigitalSignature, jpki.AuthenticationResponder: jpki.DigitalSignature,
	}[s.Certificate.Kind]
	return differ("key usages", s.Certificate.KeyUsage().String(), want.String())
}

func policy(s Subject) string {
	want := s.Profile.SigningPolicy
	if s.Certificate.Kind == jpki.Authentication {
		want = s.Profile.AuthenticationPolicy
	}
	policies := s.Certificate.Policies()
	if len(policies) != 1 || policies[0].ID != want {
		return "not the one policy of the profile"
	}
	if len(policies[0].Qualifiers) != 1 {
		return "not one qualifier"
	}
	if uri, ok := policies[0].Qualifiers[0].CPS(); !ok || uri != s.Profile.CPS {
		return "not the address of the profile's practice statement"
	}
	return ""
}

func authorityKey(s Subject) string {
	return differ("authority key identifiers", s.Certificate.IssuerKeyID().String(), s.Issuer.KeyID().String())
}

func distributionPoint(s Subject) string {
	point := s.Certificate.DistributionPoint()
	want := s.Profile.CRLPartition(s.Issuer.Kind, jpki.Municipality{Prefecture: "-", Name: "-"})
	if len(point) != len(want) || !point[:4].Equal(want[:4]) {
		return "not a CRL partition of the issuing CA"
	}
	if places := s.Certificate.Subject.Values(der.LocalityName); len(places) == 2 {
		full := s.Profile.CRLPartition(s.Issuer.Kind, jpki.Municipality{Prefecture: places[0], Name: places[1]})
		if !point.Equal(full) {
			return "CRL partition of another municipality than the subject names"
		}
	}
	return ""
}

func personComplete(s Subject) string {
	person, ok := s.Certificate.Person()
	if !ok {
		return "no four attributes"
	}
	if err := person.Validate(); err != nil {
		return err.Error()
	}
	return ""
}

// A card's readers take the length of a certificate from bytes 3 and 4, which is right for 256 to 65535 bytes only.
func sizeForCard(s Subject) string {
	if s.Size < 256 || s.Size > 4096 {
		return fmt.Sprintf("certificate of %d bytes, want 256 to 4096", s.Size)
	}
	return ""
}

func responderSubject(s Subject) string {
	return differ("subjects", s.Certificate.Subject.String(), s.Issuer.Subject.String()+", CN=OCSP Responder")
}

func responderPurpose(s Subject) string {
	for _, e := range s.Certificate.Extensions {
		if usages, ok := e.Value.(jpki.ExtKeyUsage); ok && (len(usages) != 1 || usages[0] != jpki.UsageOCSPSigning) {
			return "extended key usage is not OCSPSigning alone"
		}
		if value, _ := e.Value.(jpki.Opaque); jpki.NameOf(e.ID) == "ocspNoCheck" && string(value) != der.Null {
			return "ocspNoCheck is not NULL"
		}
	}
	return ""
}

// maxResponderLife bounds what a stolen responder key can do, since its certificate cannot be revoked in effect.
const maxResponderLife = 31 * 24 * time.Hour

func responderShortLived(s Subject) string {
	if life := s.Certificate.NotAfter.Sub(s.Certificate.NotBefore); life > maxResponderLife {
		return fmt.Sprintf("valid for %s, want at most %s", life, maxResponderLife)
	}
	return ""
}
