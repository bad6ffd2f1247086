package pkix

import "github.com/openjpki/jpki/der"

// Certificate extensions.
//
// Spec: RFC 5280 §4.2
var (
	oidSubjectKeyID       = der.MustOID("2.5.29.14")
	oidKeyUsage           = der.MustOID("2.5.29.15")
	oidSubjectAltName     = der.MustOID("2.5.29.17")
	oidBasicConstraints   = der.MustOID("2.5.29.19")
	oidNameConstraints    = der.MustOID("2.5.29.30")
	oidDistributionPoints = der.MustOID("2.5.29.31")
	oidPolicies           = der.MustOID("2.5.29.32")
	oidPolicyMappings     = der.MustOID("2.5.29.33")
	oidAuthorityKeyID     = der.MustOID("2.5.29.35")
	oidPolicyConstraints  = der.MustOID("2.5.29.36")
	oidExtKeyUsage        = der.MustOID("2.5.29.37")
	oidFreshestCRL        = der.MustOID("2.5.29.46")
	oidInhibitAnyPolicy   = der.MustOID("2.5.29.54")
	oidOCSPNoCheck        = der.MustOID("1.3.6.1.5.5.7.48.1.5")
)

// Extensions of CRLs and of their entries.
//
// Spec: RFC 5280 §5.2, §5.3
var (
	oidCRLNumber         = der.MustOID("2.5.29.20")
	oidReasonCode        = der.MustOID("2.5.29.21")
	oidInvalidityDate    = der.MustOID("2.5.29.24")
	oidDeltaCRLIndicator = der.MustOID("2.5.29.27")
	oidIssuingPoint      = der.MustOID("2.5.29.28")
	oidCertificateIssuer = der.MustOID("2.5.29.29")
)

// What OCSP responses hold.
//
// Spec: RFC 6960 §4.2.1, §4.4.1
var (
	oidOCSPBasic = der.MustOID("1.3.6.1.5.5.7.48.1.1")
	oidOCSPNonce = der.MustOID("1.3.6.1.5.5.7.48.1.2")
)

// Names that other packages ask for.
var (
	// AnyPolicy stands for every certificate policy.
	AnyPolicy = der.MustOID("2.5.29.32.0")
	// AnyUsage stands for every extended key usage.
	AnyUsage = der.MustOID("2.5.29.37.0")
	// UsageOCSPSigning lets a key sign OCSP responses for the CA that issued its certificate.
	UsageOCSPSigning = der.MustOID("1.3.6.1.5.5.7.3.9")
	// QualifierCPS and QualifierUserNotice are the policy qualifiers that are understood.
	QualifierCPS        = der.MustOID("1.3.6.1.5.5.7.2.1")
	QualifierUserNotice = der.MustOID("1.3.6.1.5.5.7.2.2")

	oidEmailAddress = der.MustOID("1.2.840.113549.1.9.1")
)
