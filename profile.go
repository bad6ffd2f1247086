package jpki

import (
	"crypto"
	"errors"
	"fmt"
	"time"

	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
)

// Profile is what all certificates of one PKI have in common, as data. The shape of the four kinds (order of the
// parts, string types, criticality) is the code below and the same for every profile.
type Profile struct {
	Organization         string  // O of every name
	Authority            string  // last OU of a CA's name
	AuthorityJapanese    string  // last OU of a CA's Japanese name
	SigningPolicy        der.OID // certificate policy of signing certificates
	AuthenticationPolicy der.OID
	CPS                  string // URI of the certification practice statement
	OCSP                 string // URI of the OCSP responder for authentication certificates
	Suite                Suite  // of new keys, of CAs and holders
}

// Sandbox returns the profile of a test CA of ours.
//
// Assumed: names of a test CA keep O=JPKI-TEST as the test environment of J-LIS does; the last OU is our own, in both
// languages, so that nobody takes our certificates for those of J-LIS.
func Sandbox(ocsp string) Profile {
	return Profile{
		Organization:         "JPKI-TEST",
		Authority:            "OpenJPKI Sandbox",
		AuthorityJapanese:    "OpenJPKI Sandbox",
		SigningPolicy:        PolicyTestSigning,
		AuthenticationPolicy: PolicyTestAuthentication,
		CPS:                  "http://jpki-test.invalid/cps",
		OCSP:                 ocsp,
		Suite:                RSA2048,
	}
}

// service is the service's own name, in the Japanese names of the CAs.
const service = "公的個人認証サービス"

// unitNames are the organizational units that tell the two CAs apart; the real ones and ours have the same.
var unitNames = map[Kind]string{
	SigningCA:        "JPKI for digital signature",
	AuthenticationCA: "JPKI for user authentication",
}

var unitNamesJapanese = map[Kind]string{
	SigningCA:        service + "署名用",
	AuthenticationCA: service + "利用者証明用",
}

// Governor is the prefectural governor 都道府県知事 who issues in the scheme of 2003, in whose names the CA stands. The
// zero value is today's scheme, in which one body issues for the whole country.
//
// Assumed: the DN of the governors' CAs is not published; ours has one more OU before the last.
//
// Req: R-ACT-04
type Governor struct {
	English  string // "Governor of Kaku-ken"
	Japanese string // "架空県知事"
}

// Municipality 市区町村 is where a certificate is issued. Prefecture and Name are romanised as in "Kaku-ken",
// "Mihon-shi". Code is the local government code without its check digit.
type Municipality struct {
	Code       string
	Prefecture string
	Name       string
}

// Validity is the span of a certificate: whole seconds, NotAfter the last second of validity.
type Validity struct{ NotBefore, NotAfter time.Time }

// CAName returns the distinguished name of a CA, the same for all its generations.
func (p Profile) CAName(kind Kind, g Governor) der.Name {
	name := der.Name{der.Country("JP"), der.Organization(p.Organization), der.OrganizationalUnit(unitNames[kind])}
	return appendUnits(name, g.English, p.Authority)
}

func (p Profile) caNameJapanese(kind Kind, g Governor) der.Name {
	name := der.Name{der.Country("JP"), der.Organization(service), der.OrganizationalUnit(unitNamesJapanese[kind])}
	return appendUnits(name, g.Japanese, p.AuthorityJapanese)
}

func appendUnits(name der.Name, governor, authority string) der.Name {
	if governor != "" {
		name = append(name, der.OrganizationalUnit(governor))
	}
	return append(name, der.OrganizationalUnit(authority))
}

// CRLPartition returns the directory name under which revocations of certificates issued in m are published.
func (p Profile) CRLPartition(ca Kind, m Municipality) der.Name {
	return der.Name{der.Country("JP"), der.Organization(p.Organization), der.OrganizationalUnit(unitNames[ca]),
		der.OrganizationalUnit("CRL Distribution Points"), der.OrganizationalUnit(m.Prefecture), der.Common(m.Name + " CRLDP")}
}

// CA builds the certificate of a CA, not yet signed: version 3, one tier, issuer = subject, and five extensions.
func (p Profile) CA(kind Kind, g Governor, serial Serial, v Validity, key crypto.PublicKey) (*Certificate, error) {
	if !kind.IsCA() {
		return nil, fmt.Errorf("building a CA certificate: %s is not a CA", kind)
	}
	c, err := p.build(kind, serial, v, key)
	if err != nil {
		return nil, err
	}
	c.Subject = p.CAName(kind, g)
	c.Issuer = c.Subject
	keyID, err := keyIDOf(key)
	c.Extensions = []Extension{
		ext(true, KeyCertSign|CRLSign),
		ext(false, SubjectAltName{der.DirectoryName(p.caNameJapanese(kind, g))}),
		ext(true, BasicConstraints{CA: true}),
		ext(false, DistributionPoints{{der.DirectoryName(c.Subject)}}),
		ext(false, SubjectKeyID(keyID)),
	}
	return c, err
}

// Entry is what the CA settles for one certificate of a card.
type Entry struct {
	Serial       Serial
	Validity     Validity
	Key          crypto.PublicKey
	Municipality Municipality // of issue: it stays in the certificate when the holder moves
	CommonName   string       // see [SigningCN] and [AuthenticationCN]
}

// Signing builds a signing certificate 署名用電子証明書, not yet signed.
//
// Req: R-CRT-03
func (p Profile) Signing(issuer *Certificate, e Entry, person Person) (*Certificate, error) {
	if err := person.Validate(); err != nil {
		return nil, fmt.Errorf("building a signing certificate: %w", err)
	}
	attributes, err := person.otherNames()
	if err != nil {
		return nil, err
	}
	c, shared, err := p.endEntity(Signing, p.SigningPolicy, issuer, e)
	if err != nil {
		return nil, err
	}
	m := e.Municipality
	c.Subject = der.Name{der.Country("JP"), der.Locality(m.Prefecture), der.Locality(m.Name), der.Common(e.CommonName)}
	c.Extensions = []Extension{
		ext(true, DigitalSignature|NonRepudiation),
		ext(false, attributes),
		shared.policies,
		shared.issuerAltName,
		shared.distributionPoint,
		shared.authorityKeyID,
		shared.subjectKeyID,
	}
	return c, nil
}

// Authentication builds an authentication certificate 利用者証明用電子証明書, not yet signed.
//
// Req: R-CRT-04
func (p Profile) Authentication(issuer *Certificate, e Entry) (*Certificate, error) {
	c, shared, err := p.endEntity(Authentication, p.AuthenticationPolicy, issuer, e)
	if err != nil {
		return nil, err
	}
	c.Subject = der.Name{der.Country("JP"), der.Common(e.CommonName)}
	c.Extensions = []Extension{
		ext(true, DigitalSignature),
		ext(false, ExtKeyUsage{UsageClientAuth}),
		shared.policies,
		shared.issuerAltName,
		shared.distributionPoint,
		ext(false, AuthorityInfoAccess{{AccessOCSP, der.URI(p.OCSP)}}),
		shared.authorityKeyID,
		shared.subjectKeyID,
	}
	return c, nil
}

// shared are the extensions that both certificates of a card have in the same form.
type shared struct{ policies, issuerAltName, distributionPoint, authorityKeyID, subjectKeyID Extension }

func (p Profile) endEntity(kind Kind, policy der.OID, issuer *Certificate, e Entry) (*Certificate, shared, error) {
	if issuer == nil || issuer.Kind != kind.CA() {
		return nil, shared{}, fmt.Errorf("building a %s: the issuer is not a %s", kind.English(), kind.CA().English())
	}
	c, err := p.build(kind, e.Serial, e.Validity, e.Key)
	if err != nil {
		return nil, shared{}, err
	}
	suite, err := SuiteOf(issuer.PublicKey)
	if err != nil {
		return nil, shared{}, err
	}
	c.Issuer, c.Algorithm = issuer.Subject, suite.Algorithm
	keyID, err := keyIDOf(e.Key)
	if err != nil {
		return nil, shared{}, err
	}
	var cps cryptobyte.Builder
	cps.AddValue(der.IA5(p.CPS))
	qualifier, err := cps.Bytes()
	if err != nil {
		return nil, shared{}, fmt.Errorf("encoding the address of the practice statement: %w", err)
	}
	japanese, _ := find[SubjectAltName](issuer)
	return c, shared{
		policies:          ext(true, Policies{{policy, []Qualifier{{oidCPS, qualifier}}}}),
		issuerAltName:     ext(false, IssuerAltName(japanese)),
		distributionPoint: ext(false, DistributionPoints{{der.DirectoryName(p.CRLPartition(issuer.Kind, e.Municipality))}}),
		authorityKeyID:    ext(false, AuthorityKeyID{issuer.KeyID(), []der.GeneralName{der.DirectoryName(issuer.Subject)}, issuer.Serial}),
		subjectKeyID:      ext(false, SubjectKeyID(keyID)),
	}, nil
}

func (p Profile) build(kind Kind, serial Serial, v Validity, key crypto.PublicKey) (*Certificate, error) {
	if err := p.Suite.Fits(key); err != nil {
		return nil, err
	}
	if !v.NotBefore.Before(v.NotAfter) {
		return nil, errors.New("validity ends before it begins")
	}
	return &Certificate{
		Kind: kind, Serial: serial, Algorithm: p.Suite.Algorithm, PublicKey: key,
		NotBefore: v.NotBefore.UTC().Truncate(time.Second), NotAfter: v.NotAfter.UTC().Truncate(time.Second),
	}, nil
}
