package jpki

import "github.com/openjpki/jpki/der"

// Object identifiers of JPKI: arc 1.2.392.200149 (jpki), 8 securityObject, 5 pki, 1 certificatePolicy and 5
// personalData.
var (
	oidName         = der.MustOID("1.2.392.200149.8.5.5.1") // 氏名
	oidNameMarks    = der.MustOID("1.2.392.200149.8.5.5.2") // 氏名代替文字の使用位置
	oidSex          = der.MustOID("1.2.392.200149.8.5.5.3") // 性別
	oidBirth        = der.MustOID("1.2.392.200149.8.5.5.4") // 生年月日
	oidAddress      = der.MustOID("1.2.392.200149.8.5.5.5") // 住所
	oidAddressMarks = der.MustOID("1.2.392.200149.8.5.5.6") // 住所代替文字の使用位置
)

// Certificate policies. The last arc but one says what for (1 signing, 3 authentication, 0 test), the last how it is
// kept.
var (
	PolicySigning        = der.MustOID("1.2.392.200149.8.5.1.1.20") // My Number Card, signing
	PolicySigningPhone   = der.MustOID("1.2.392.200149.8.5.1.1.40") // smartphone, signing (reported, not confirmed)
	PolicyAuthentication = der.MustOID("1.2.392.200149.8.5.1.3.30") // My Number Card, authentication
	PolicyTestSigning    = der.MustOID("1.2.392.200149.8.5.1.0.20")
	// Assumed: the test policy for authentication certificates is not published; .30 follows the real one.
	PolicyTestAuthentication = der.MustOID("1.2.392.200149.8.5.1.0.30")
)

var policyKinds = map[der.OID]Kind{
	PolicySigning: Signing, PolicySigningPhone: Signing, PolicyTestSigning: Signing,
	PolicyAuthentication: Authentication, PolicyTestAuthentication: Authentication,
}

var (
	oidKeyUsage            = der.MustOID("2.5.29.15")
	oidSubjectAltName      = der.MustOID("2.5.29.17")
	oidIssuerAltName       = der.MustOID("2.5.29.18")
	oidBasicConstraints    = der.MustOID("2.5.29.19")
	oidDistributionPoints  = der.MustOID("2.5.29.31")
	oidCertificatePolicies = der.MustOID("2.5.29.32")
	oidAuthorityKeyID      = der.MustOID("2.5.29.35")
	oidSubjectKeyID        = der.MustOID("2.5.29.14")
	oidExtKeyUsage         = der.MustOID("2.5.29.37")
	oidAuthorityInfoAccess = der.MustOID("1.3.6.1.5.5.7.1.1")
	oidOCSPNoCheck         = der.MustOID("1.3.6.1.5.5.7.48.1.5")

	oidCPS = der.MustOID("1.3.6.1.5.5.7.2.1")
	// UsageClientAuth is the extended key usage of authentication certificates.
	UsageClientAuth = der.MustOID("1.3.6.1.5.5.7.3.2")
	// UsageOCSPSigning is the extended key usage of OCSP responders' certificates.
	UsageOCSPSigning = der.MustOID("1.3.6.1.5.5.7.3.9")
	// AccessOCSP is the access method of an OCSP responder.
	AccessOCSP = der.MustOID("1.3.6.1.5.5.7.48.1")
)

var oidNames = map[der.OID]string{
	oidName: "氏名 name", oidNameMarks: "氏名代替文字使用位置 substitute marks of name", oidSex: "性別 sex",
	oidBirth: "生年月日 birth date", oidAddress: "住所 address", oidAddressMarks: "住所代替文字使用位置 substitute marks of address",
	PolicySigning: "JPKI signing", PolicySigningPhone: "JPKI signing, smartphone", PolicyAuthentication: "JPKI authentication",
	PolicyTestSigning: "JPKI test signing", PolicyTestAuthentication: "JPKI test authentication",
	oidKeyUsage: "keyUsage", oidSubjectAltName: "subjectAltName", oidIssuerAltName: "issuerAltName",
	oidBasicConstraints: "basicConstraints", oidDistributionPoints: "cRLDistributionPoints",
	oidCertificatePolicies: "certificatePolicies", oidAuthorityKeyID: "authorityKeyIdentifier",
	oidSubjectKeyID: "subjectKeyIdentifier", oidExtKeyUsage: "extKeyUsage", oidAuthorityInfoAccess: "authorityInfoAccess",
	oidOCSPNoCheck: "ocspNoCheck", oidCPS: "cps", UsageClientAuth: "clientAuth", UsageOCSPSigning: "OCSPSigning", AccessOCSP: "ocsp",
	der.CountryName: "C", der.OrganizationName: "O", der.OrganizationalUnitName: "OU", der.LocalityName: "L", der.CommonName: "CN",
	oidSHA1RSA: "sha1WithRSAEncryption", oidSHA256RSA: "sha256WithRSAEncryption", oidSHA384RSA: "sha384WithRSAEncryption",
	oidSHA512RSA: "sha512WithRSAEncryption", oidSHA256ECDSA: "ecdsa-with-SHA256", oidSHA384ECDSA: "ecdsa-with-SHA384",
	der.MustOID("1.2.840.113549.1.1.1"): "rsaEncryption", der.MustOID("1.2.840.10045.2.1"): "ecPublicKey",
	der.MustOID("1.2.840.10045.3.1.7"): "P-256", der.MustOID("1.3.132.0.34"): "P-384",
}

// NameOf says in a word or two what an object identifier stands for, "" where the package does not know it.
func NameOf(oid der.OID) string { return oidNames[oid] }
