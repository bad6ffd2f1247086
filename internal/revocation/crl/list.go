package crl

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// List is what a CRL says besides its entries.
type List struct {
	// Issuer is the certificate of the CA whose key signs the list and signed the certificates in it.
	Issuer *jpki.Certificate
	// Point is the distribution point of those certificates. The CA's own name makes the list one of CA certificates
	// 認証局失効リスト (ARL).
	Point      der.Name
	Number     uint64 // greater than that of every list before for the same issuer and point
	ThisUpdate time.Time
	NextUpdate time.Time
}

// Stream is encoded bytes on their way: where to read them, and how many they are.
type Stream struct {
	io.Reader
	Size int64
}

var (
	oidAuthorityKeyID = der.MustOID("2.5.29.35")
	oidCRLNumber      = der.MustOID("2.5.29.20")
	oidIssuingPoint   = der.MustOID("2.5.29.28")
)

// TBS returns the bytes to be signed. entries is what an [Encoder] wrote, in order of serial number.
//
//	TBSCertList ::= SEQUENCE { version INTEGER, signature AlgorithmIdentifier, issuer Name, thisUpdate Time, nextUpdate Time,
//	    revokedCertificates SEQUENCE OF SEQUENCE { … } OPTIONAL, crlExtensions [0] EXPLICIT Extensions }
//
// Spec: RFC 5280 §5.1.2
func (l List) TBS(entries Stream) (Stream, error) {
	suite, err := jpki.SuiteOf(l.Issuer.PublicKey)
	if err != nil {
		return Stream{}, fmt.Errorf("writing CRL: %w", err)
	}
	if l.Number == 0 || !l.ThisUpdate.Before(l.NextUpdate) {
		return Stream{}, errors.New("writing CRL: number and next update must be set")
	}
	head, err := encode(func(b *cryptobyte.Builder) {
		b.AddASN1Uint64(1) // version 2
		b.AddValue(suite.Algorithm)
		b.AddValue(l.Issuer.Subject)
		der.AddTime(b, l.ThisUpdate)
		der.AddTime(b, l.NextUpdate)
	})
	if err != nil {
		return Stream{}, err
	}
	tail, err := encode(func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.Tag(0).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) { b.AddASN1(asn1.SEQUENCE, l.addExtensions) })
	})
	if err != nil {
		return Stream{}, err
	}
	if entries.Size > 0 { // an empty list has none, RFC 5280 §5.1.2.6
		entries = sequence(entries)
	}
	return sequence(stream(head), entries, stream(tail)), nil
}

// addExtensions adds who signs, the number, and what the list is for. Only the last is critical: who does not read it
// would take the list for a complete one.
//
// Spec: RFC 5280 §5.2.1, §5.2.3, §5.2.5
func (l List) addExtensions(b *cryptobyte.Builder) {
	directory := []der.GeneralName{der.DirectoryName(l.Issuer.Subject)}
	addExtension(b, oidAuthorityKeyID, false, func(b *cryptobyte.Builder) {
		b.AddValue(jpki.AuthorityKeyID{KeyID: l.Issuer.KeyID(), Issuer: directory, Serial: l.Issuer.Serial})
	})
	addExtension(b, oidCRLNumber, false, func(b *cryptobyte.Builder) { b.AddASN1Uint64(l.Number) })
	addExtension(b, oidIssuingPoint, true, func(b *cryptobyte.Builder) { b.AddASN1(asn1.SEQUENCE, l.addScope) })
}

// IssuingDistributionPoint ::= SEQUENCE { distributionPoint [0] EXPLICIT CHOICE { fullName [0] GeneralNames } OPTIONAL, …,
// onlyContainsCACerts [2] BOOLEAN DEFAULT FALSE, … }
func (l List) addScope(b *cryptobyte.Builder) {
	explicit := asn1.Tag(0).ContextSpecific().Constructed()
	b.AddASN1(explicit, func(b *cryptobyte.Builder) {
		b.AddASN1(explicit, func(b *cryptobyte.Builder) { b.AddValue(der.DirectoryName(l.Point)) })
	})
	if l.Point.Equal(l.Issuer.Subject) {
		b.AddASN1(asn1.Tag(2).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddUint8(0xFF) })
	}
}

func addExtension(b *cryptobyte.Builder, id der.OID, critical bool, value func(*cryptobyte.Builder)) {
	encoded, err := encode(value)
	if err != nil {
		b.SetError(err)
		return
	}
	b.AddValue(der.Extension{ID: id, Critical: critical, Value: encoded})
}

// Assemble joins the signed part and its signature to a CRL.
func (l List) Assemble(tbs Stream, signature []byte) (Stream, error) {
	suite, err := jpki.SuiteOf(l.Issuer.PublicKey)
	if err != nil {
		return Stream{}, fmt.Errorf("writing CRL: %w", err)
	}
	tail, err := encode(func(b *cryptobyte.Builder) {
		b.AddValue(suite.Algorithm)
		b.AddASN1BitString(signature)
	})
	return sequence(tbs, stream(tail)), err
}

// encode returns what f adds.
func encode(f func(*cryptobyte.Builder)) ([]byte, error) {
	var b cryptobyte.Builder
	f(&b)
	encoded, err := b.Bytes()
	if err != nil {
		return nil, fmt.Errorf("writing CRL: %w", err)
	}
	return encoded, nil
}

func stream(encoded []byte) Stream { return Stream{bytes.NewReader(encoded), int64(len(encoded))} }

// sequence makes the content of a SEQUENCE of parts. cryptobyte would hold it in memory.
func sequence(parts ...Stream) Stream {
	whole := Stream{}
	readers := make([]io.Reader, 1, len(parts)+1)
	for _, part := range parts {
		whole.Size += part.Size
		if part.Size > 0 {
			readers = append(readers, part)
		}
	}
	head := header(whole.Size)
	readers[0] = head
	whole.Size += head.Size
	whole.Reader = io.MultiReader(readers...)
	return whole
}

// header is the tag and length of a SEQUENCE.
func header(size int64) Stream {
	if size < 0x80 {
		return stream([]byte{0x30, byte(size)})
	}
	var octets []byte
	for n := size; n > 0; n >>= 8 {
		octets = append([]byte{byte(n)}, octets...)
	}
	return stream(append([]byte{0x30, 0x80 | byte(len(octets))}, octets...))
}
