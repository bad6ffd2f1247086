package jpki

import (
	"crypto"
	"errors"
	"slices"

	"github.com/openjpki/jpki/der"
)

// responderCN names an OCSP responder within the name of its CA.
const responderCN = "OCSP Responder"

// responderKinds are the responders of each CA.
var responderKinds = map[Kind]Kind{SigningCA: SigningResponder, AuthenticationCA: AuthenticationResponder}

// Responder builds the certificate of an OCSP responder OCSPレスポンダ, not yet signed. The CA whose key signed the
// certificates in question delegates the answers to it. It says of itself that nobody need ask whether it is revoked,
// so it must be short-lived.
//
// Assumed: the responder's certificates of J-LIS are not published; ours have the CA's name with a common name below it,
// and the extensions that RFC 6960 wants of a delegated responder.
//
// Spec: RFC 6960 §4.2.2.2, §4.2.2.2.1
func (p Profile) Responder(issuer *Certificate, serial Serial, v Validity, key crypto.PublicKey) (*Certificate, error) {
	if issuer == nil || !issuer.Kind.IsCA() {
		return nil, errors.New("building a certificate of an OCSP responder: the issuer is not a CA")
	}
	c, err := p.build(responderKinds[issuer.Kind], serial, v, key)
	if err != nil {
		return nil, err
	}
	suite, err := SuiteOf(issuer.PublicKey)
	if err != nil {
		return nil, err
	}
	keyID, err := keyIDOf(key)
	if err != nil {
		return nil, err
	}
	c.Algorithm, c.Issuer, c.Subject = suite.Algorithm, issuer.Subject, append(slices.Clone(issuer.Subject), der.Common(responderCN))
	c.Extensions = []Extension{
		ext(true, DigitalSignature),
		ext(false, ExtKeyUsage{UsageOCSPSigning}),
		{oidOCSPNoCheck, false, Opaque(der.Null)},
		ext(false, AuthorityKeyID{issuer.KeyID(), []der.GeneralName{der.DirectoryName(issuer.Subject)}, issuer.Serial}),
		ext(false, SubjectKeyID(keyID)),
	}
	return c, nil
}

// classifyResponder finds the kind of a responder: by its extended key usage, and whose it is by its name.
func (c *Certificate) classifyResponder() error {
	usages, _ := find[ExtKeyUsage](c)
	if !slices.Contains(usages, UsageOCSPSigning) {
		return ErrNotJPKI
	}
	for _, unit := range c.Subject.Values(der.OrganizationalUnitName) {
		for ca, kind := range responderKinds {
			if unit == unitNames[ca] {
				c.Kind = kind
				return nil
			}
		}
	}
	return ErrNotJPKI
}
