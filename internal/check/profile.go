package check

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha1"
	"strings"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/verify/pkix"
)

// form is what certificates of a kind have. Extensions stand in their order, the critical ones with a "!".
type form struct {
	extensions string
	usage      jpki.KeyUsage
	extended   der.OID
	endOfDay   bool          // validity ends at 23:59:59 in Japan
	longest    time.Duration // 0 for no limit
}

const (
	caExtensions        = "keyUsage! subjectAltName basicConstraints! cRLDistributionPoints subjectKeyIdentifier"
	responderExtensions = "keyUsage! extKeyUsage ocspNoCheck authorityKeyIdentifier subjectKeyIdentifier"

	// longest is until the sixth birthday after a renewal.
	//
	// Law: 公的個人認証法 §5
	longest = (6*366 + 1) * 24 * time.Hour
)

// forms are written down from the profile, not from what builds certificates.
//
// Spec: J-LIS profile
var forms = map[jpki.Kind]form{
	jpki.SigningCA:        {caExtensions, jpki.KeyCertSign | jpki.CRLSign, "", false, 0},
	jpki.AuthenticationCA: {caExtensions, jpki.KeyCertSign | jpki.CRLSign, "", false, 0},
	jpki.Signing: {"keyUsage! subjectAltName certificatePolicies! issuerAltName cRLDistributionPoints authorityKeyIdentifier " +
		"subjectKeyIdentifier", jpki.DigitalSignature | jpki.NonRepudiation, "", true, longest},
	jpki.Authentication: {"keyUsage! extKeyUsage certificatePolicies! issuerAltName cRLDistributionPoints authorityInfoAccess " +
		"authorityKeyIdentifier subjectKeyIdentifier", jpki.DigitalSignature, jpki.UsageClientAuth, true, longest},
	jpki.SigningResponder:        {responderExtensions, jpki.DigitalSignature, jpki.UsageOCSPSigning, false, 0},
	jpki.AuthenticationResponder: {responderExtensions, jpki.DigitalSignature, jpki.UsageOCSPSigning, false, 0},
}

// profile says what of a certificate is not as its kind has it.
func profile(c *pkix.Certificate, ours *jpki.Certificate, issuer *pkix.Certificate) []string {
	var wrong []string
	demand := func(holds bool, why string) {
		if !holds {
			wrong = append(wrong, why)
		}
	}
	f := forms[ours.Kind]
	demand(extensionsOf(ours) == f.extensions, "extensions are "+extensionsOf(ours))
	demand(c.KeyUsage == f.usage, "key usage is "+c.KeyUsage.String())
	demand(f.extended == "" && c.ExtKeyUsage == nil || len(c.ExtKeyUsage) == 1 && c.ExtKeyUsage[0] == f.extended, "another extended key usage")
	demand(c.CA == ours.Kind.IsCA() && c.Version == 3, "CA or not, or version")
	demand(string(c.KeyID) == keyID(c.Key), "key identifier is not that of the key")
	demand(strongEnough(c), "key or hash function is too weak")
	demand(c.NotBefore.Before(c.NotAfter) && (f.longest == 0 || c.NotAfter.Sub(c.NotBefore) <= f.longest), "validity is too long, or none")
	if ours.Kind.IsCA() {
		return wrong
	}
	a := c.Authority
	demand(len(a.Issuer) == 1 && a.Issuer[0] == directory(issuer.Subject) && a.Serial == issuer.Serial, "authority key identifier does not name the CA's certificate")
	demand(!c.Key.Equal(issuer.Key), "key is the CA's own")
	demand(!c.NotBefore.Before(issuer.NotBefore) && !c.NotAfter.After(issuer.NotAfter), "validity is not within the CA's")
	demand(!f.endOfDay || c.NotAfter.In(jpki.Japan).Format(time.TimeOnly) == "23:59:59", "validity does not end with a day in Japan")
	_, onList := pointOf(c)
	demand(onList == f.endOfDay, "distribution point is not one directory name")
	_, person := ours.Person()
	demand(person == (ours.Kind == jpki.Signing), "the four attributes")
	demand((ours.OCSP() != "") == (ours.Kind == jpki.Authentication), "address of the responder")
	demand(len(c.Policies) == 1 || !f.endOfDay, "not one policy")
	return wrong
}

func directory(n pkix.Name) pkix.GeneralName {
	return pkix.GeneralName{Choice: der.DirectoryChoice, Value: string(n)}
}

// extensionsOf lists the extensions as a form does.
func extensionsOf(c *jpki.Certificate) string {
	var names []string
	for _, e := range c.Extensions {
		name := jpki.NameOf(e.ID)
		if e.Critical {
			name += "!"
		}
		names = append(names, name)
	}
	return strings.Join(names, " ")
}

// Spec: RFC 5280 §4.2.1.2
func keyID(k pkix.PublicKey) string {
	sum := sha1.Sum([]byte(k.Bits))
	return string(sum[:])
}

func strongEnough(c *pkix.Certificate) bool {
	scheme, err := pkix.SchemeOf(c.Algorithm, 0)
	if err != nil || scheme.Hash.Size() < 32 {
		return false
	}
	switch key := c.Key.Key.(type) {
	case *rsa.PublicKey:
		return key.N.BitLen() >= 2048
	case *ecdsa.PublicKey:
		return key.Curve.Params().BitSize >= 256
	}
	return false
}
