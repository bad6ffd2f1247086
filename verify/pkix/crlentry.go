package pkix

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Reason says why a certificate was revoked.
//
//	CRLReason ::= ENUMERATED { unspecified (0), keyCompromise (1), cACompromise (2), affiliationChanged (3),
//	    superseded (4), cessationOfOperation (5), certificateHold (6), removeFromCRL (8), privilegeWithdrawn (9),
//	    aACompromise (10) }
//
// Spec: RFC 5280 §5.3.1
type Reason int

// The reasons that change what is done.
const (
	Unspecified     Reason = 0
	CertificateHold Reason = 6 // 一時保留
	RemoveFromCRL   Reason = 8 // in delta CRLs
)

var reasonNames = map[Reason]string{
	0: "unspecified", 1: "keyCompromise", 2: "cACompromise", 3: "affiliationChanged", 4: "superseded",
	5: "cessationOfOperation", 6: "certificateHold", 8: "removeFromCRL", 9: "privilegeWithdrawn", 10: "aACompromise",
}

// String returns the reason's name in RFC 5280.
func (r Reason) String() string {
	if name, ok := reasonNames[r]; ok {
		return name
	}
	return fmt.Sprintf("reason %d", int(r))
}

// Entry is one revoked certificate of a CRL.
//
//	Entry ::= SEQUENCE { userCertificate INTEGER, revocationDate Time, crlEntryExtensions Extensions OPTIONAL }
//
// Spec: RFC 5280 §5.1.2.6
type Entry struct {
	Serial     Serial
	Date       time.Time // of the revocation
	Reason     Reason
	Invalidity time.Time // since when the key or the content is suspect; zero if not given
	Issuer     Name      // of the certificate

	unknownCritical []der.OID
}

// encodedEntry is an entry whose parts are not decoded.
type encodedEntry struct {
	serial     []byte
	time       cryptobyte.String // element
	extensions cryptobyte.String // content, nil if none
}

func readEntry(s *cryptobyte.String) (e encodedEntry, err error) {
	var content, serial cryptobyte.String
	if !s.ReadASN1(&content, asn1.SEQUENCE) {
		return e, errors.New("sequence expected")
	}
	if !content.ReadASN1(&serial, asn1.INTEGER) || !minimal(serial) {
		return e, errors.New("serial number expected")
	}
	e.serial = serial
	if !content.ReadAnyASN1Element(&e.time, nil) {
		return e, errors.New("time expected")
	}
	if content.Empty() {
		return e, nil
	}
	if !content.ReadASN1(&e.extensions, asn1.SEQUENCE) || e.extensions.Empty() || !content.Empty() {
		return e, errors.New("extensions expected")
	}
	return e, nil
}

func (e encodedEntry) date() (time.Time, error) {
	s := e.time
	return ReadTime(&s)
}

func (e encodedEntry) decode() (decoded Entry, err error) {
	decoded.Serial = Serial(e.serial)
	if decoded.Date, err = e.date(); err != nil || e.extensions == nil {
		return decoded, err
	}
	err = eachExtension(e.extensions, decoded.readExtension)
	return decoded, err
}

func (e *Entry) readExtension(raw der.Extension) (err error) {
	s := cryptobyte.String(raw.Value)
	switch raw.ID {
	case oidReasonCode:
		e.Reason, err = readReason(&s)
	case oidInvalidityDate:
		e.Invalidity, err = readGeneralizedTime(&s, asn1.GeneralizedTime)
	case oidCertificateIssuer:
		e.Issuer, err = readCertificateIssuer(&s)
	default:
		if raw.Critical {
			e.unknownCritical = append(e.unknownCritical, raw.ID)
		}
		return nil
	}
	return cmp.Or(err, trailing(s))
}

func readReason(s *cryptobyte.String) (Reason, error) {
	var content cryptobyte.String
	if !s.ReadASN1(&content, asn1.ENUM) || len(content) != 1 {
		return 0, errors.New("reason code expected")
	}
	return Reason(content[0]), nil
}

// readCertificateIssuer reads the issuer of the certificates from this entry on.
//
// Spec: RFC 5280 §5.3.3
func readCertificateIssuer(s *cryptobyte.String) (Name, error) {
	var content cryptobyte.String
	if !s.ReadASN1(&content, asn1.SEQUENCE) {
		return "", errors.New("certificate issuer expected")
	}
	names, err := readGeneralNames(content)
	if err != nil {
		return "", err
	}
	for _, name := range directoryNames(names) {
		return name, nil
	}
	return "", errors.New("certificate issuer without a directory name")
}
