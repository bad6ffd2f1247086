package verify

// The ids of checks.
const (
	checkFormat       = "format.cms"
	checkCertificates = "format.certificates"
	checkAttributes   = "format.attributes"
	checkOrder        = "format.order"
	checkCertificate  = "format.certificate"
	checkSigner       = "signer.certificate"
	checkReference    = "signer.reference"
	checkContent      = "signature.content"
	checkValue        = "signature.value"
	checkAlgorithm    = "signature.algorithm"
	checkTime         = "signature.time"
	checkPath         = "path"
	checkSet          = "path.set"
	checkAnchor       = "path.anchor"
	checkStep         = "path.certificate"
	checkRevocation   = "revocation"
	checkStatus       = "revocation.status"
	checkCRL          = "revocation.crl"
	checkOCSP         = "revocation.ocsp"
	checkPolicy       = "jpki.policy"
	checkUsage        = "jpki.usage"
	checkPDF          = "pdf.structure"
	checkSubFilter    = "pdf.form"
	checkRange        = "pdf.range"
	checkCoverage     = "pdf.coverage"
	checkContents     = "pdf.contents"
	checkClaimed      = "pdf.time"
	checkChanges      = "pdf.changes"
	checkPresent      = "pdf.present"
)

// clauses says where the rule of a check stands.
var clauses = map[string]string{
	checkFormat:       "RFC 5652 §5.1",
	checkCertificates: "RFC 5652 §10.2.2",
	checkAttributes:   "RFC 5652 §11",
	checkOrder:        "RFC 5652 §5.3",
	checkCertificate:  "RFC 5280 §4.1",
	checkSigner:       "ETSI EN 319 102-1 §5.2.3",
	checkReference:    "RFC 5035 §5.4",
	checkContent:      "RFC 5652 §5.6",
	checkValue:        "RFC 5652 §5.6",
	checkAlgorithm:    "ETSI EN 319 102-1 §5.2.8",
	checkTime:         "RFC 5652 §11.3",
	checkPath:         "RFC 5280 §6.1",
	checkSet:          "RFC 5280 §6.1.1",
	checkAnchor:       "RFC 5280 §6.1.1",
	checkStep:         "RFC 5280 §6.1.3",
	"path.signature":  "RFC 5280 §6.1.3",
	"path.validity":   "RFC 5280 §6.1.3",
	"path.names":      "RFC 5280 §6.1.3",
	"path.critical":   "RFC 5280 §4.2",
	"path.authority":  "RFC 5280 §6.1.4",
	"path.policy":     "RFC 5280 §6.1.5",
	"path.usage":      "RFC 5280 §4.2.1.12",
	checkRevocation:   "RFC 5280 §6.3",
	checkStatus:       "RFC 5280 §6.3.3",
	checkCRL:          "RFC 5280 §6.3.3",
	checkOCSP:         "RFC 6960 §3.2",
	checkPolicy:       "RFC 5280 §4.2.1.4",
	checkUsage:        "RFC 5280 §4.2.1.3",
	checkPDF:          "ISO 32000-1 §7.5",
	checkSubFilter:    "ETSI EN 319 142-1 §6.3",
	checkRange:        "ISO 32000-1 §12.8.1",
	checkCoverage:     "ISO 32000-1 §12.8.1",
	checkContents:     "ETSI EN 319 142-1 §6.3",
	checkClaimed:      "ISO 32000-1 §12.8.1",
	checkChanges:      "ISO 32000-1 §7.5.6",
	checkPresent:      "ISO 32000-1 §7.5.6",
}

// cures says what to do about a check that did not pass.
var cures = map[string]string{
	checkFormat:       "Get the signature file again: it is damaged, cut or no CMS signature.",
	checkCertificates: "Ask the signer for a file with well-formed certificates; those named were left out.",
	checkAttributes:   "Have the document signed again with a program that follows RFC 5652.",
	checkOrder:        "Tell the maker of the signing program that signed attributes must be DER; other programs refuse this order.",
	checkCertificate:  "Get the certificate again: it is damaged or none.",
	checkSigner:       "Give the signer's certificate, which the file does not hold.",
	checkReference:    "Get the certificate that was used to sign; the one found was put in its place or belongs to another signature.",
	checkContent:      "Get the document as it was signed, byte for byte; it was changed after signing or is another one.",
	checkValue:        "Treat the signature as forged or damaged; have the document signed again.",
	checkAlgorithm:    "Have the document signed again with RSA of 2048 bits or a NIST curve, and SHA-256 or better.",
	checkPath:         "Give the certificate of the CA that issued the signer's certificate, if you trust it.",
	checkSet:          "Do not take a test for the real thing: certificates of the test set and of J-LIS are never mixed.",
	checkAnchor:       "Replace the trust anchor by one that may issue certificates at this time.",
	"path.signature":  "Treat the certificate as forged or damaged.",
	"path.validity":   "Use a certificate that is valid at this time.",
	"path.names":      "Ask the CA: the certificate breaks the names it may use, or does not belong to the CA above it.",
	"path.critical":   "Use a program that knows the extension; it must not be passed over.",
	"path.authority":  "Treat the certificate as forged: its issuer may not issue certificates.",
	"path.policy":     "Use a certificate that was issued under a policy you accept.",
	"path.usage":      "Use a certificate that is meant for this.",
	checkStatus:       "Give a current CRL for the distribution point of the certificate, or an OCSP response, and try again.",
	checkCRL:          "Give the current CRL that the issuer's key signed for the distribution point of the certificate.",
	checkOCSP:         "Ask the OCSP responder of the issuer again.",
	checkPolicy:       "Sign with the signing certificate of the card (署名用電子証明書).",
	checkUsage:        "Sign with a certificate whose key usage allows it.",
	checkPDF:          "Get the PDF again: it is damaged, encrypted, or has no signature. Programs that repair it may each show another document.",
	checkSubFilter:    "Ask the signer for a signature of the form ETSI.CAdES.detached or adbe.pkcs7.detached, or use the program that made it.",
	checkRange:        "Treat the signature as forged: it does not cover the document that is shown.",
	checkCoverage:     "Look at the document as it was signed: something follows that the signature does not cover.",
	checkContents:     "Have the document signed again with a program that follows ETSI EN 319 142-1.",
	checkChanges:      "Look at the document as it was signed, up to the byte that is named; the changes could not be compared.",
	checkPresent:      "Ask for the document with the signature; a later revision took it away.",
}

// problemCures say what to do about a problem wherever it is found.
var problemCures = map[problem]string{
	noContent:   "Give the document that was signed; the file holds the signature alone.",
	revoked:     "Have the document signed again with a certificate that is not revoked. If you can prove that you had it before the revocation, judge it for that time.",
	onHold:      "Wait until the hold is settled, or have the document signed again with another certificate.",
	revokedCA:   "Do not use this CA any more; ask it for certificates of its new key.",
	expired:     "Have the document signed again with a valid certificate. If you can prove that you had it before the expiry, judge it for that time.",
	notYetValid: "Check the clock: the certificate is for a later time.",
}

// registeredOnly explains why there is no evidence about a certificate of the real service.
//
// Law: 公的個人認証法 §18
const registeredOnly = "Only registered verifiers (署名検証者) receive the CRLs and OCSP responses of J-LIS; judge this signature where they are at hand."

// otherKind explains that the wrong certificate of the card was used.
const otherKind = "This is the user authentication certificate (利用者証明用電子証明書), which logs in but does not sign. " +
	"Sign with the signing certificate of the card (署名用電子証明書)."

func cure(id string, outcome Outcome) string {
	switch outcome {
	case Passed, Information, Skipped:
		return ""
	}
	return cures[id]
}
