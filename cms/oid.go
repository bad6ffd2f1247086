package cms

import (
	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
)

// Data is the content type of plain bytes, of documents of any kind.
//
// Spec: RFC 5652 §4
var Data = der.MustOID("1.2.840.113549.1.7.1")

var (
	oidSignedData           = der.MustOID("1.2.840.113549.1.7.2")
	oidContentType          = der.MustOID("1.2.840.113549.1.9.3")
	oidMessageDigest        = der.MustOID("1.2.840.113549.1.9.4")
	oidSigningTime          = der.MustOID("1.2.840.113549.1.9.5")
	oidSigningCertificateV2 = der.MustOID("1.2.840.113549.1.9.16.2.47")

	oidSHA256      = der.MustOID("2.16.840.1.101.3.4.2.1")
	oidSHA384      = der.MustOID("2.16.840.1.101.3.4.2.2")
	oidRSA         = der.MustOID("1.2.840.113549.1.1.1")
	oidECDSASHA256 = der.MustOID("1.2.840.10045.4.3.2")
	oidECDSASHA384 = der.MustOID("1.2.840.10045.4.3.3")
)

var oidNames = map[der.OID]string{
	Data: "data", oidSignedData: "signedData",
	oidContentType: "contentType", oidMessageDigest: "messageDigest", oidSigningTime: "signingTime",
	oidSigningCertificateV2: "signingCertificateV2",
	oidSHA256:               "sha256", oidSHA384: "sha384",
}

// NameOf says in a word or two what an object identifier in a signature or a certificate stands for, "" where it is not
// known.
func NameOf(oid der.OID) string {
	if name, ok := oidNames[oid]; ok {
		return name
	}
	return jpki.NameOf(oid)
}
