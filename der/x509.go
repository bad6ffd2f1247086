package der

import (
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Algorithm is an AlgorithmIdentifier. Parameters is the DER of the parameters, nil where there are none.
//
// Spec: RFC 5280 §4.1.1.2
type Algorithm struct {
	ID         OID
	Parameters string
}

// Null is the DER of NULL, the parameters of the RSA algorithms.
const Null = "\x05\x00"

// ReadAlgorithm reads one AlgorithmIdentifier.
func ReadAlgorithm(s *cryptobyte.String) (Algorithm, error) {
	var content, parameters cryptobyte.String
	if !s.ReadASN1(&content, asn1.SEQUENCE) {
		return Algorithm{}, errors.New("algorithm identifier expected")
	}
	oid, err := ReadOID(&content)
	if err != nil {
		return Algorithm{}, err
	}
	rest := string(content)
	if rest != "" && (!content.ReadAnyASN1Element(&parameters, nil) || !content.Empty()) {
		return Algorithm{}, fmt.Errorf("algorithm %s: malformed parameters", oid)
	}
	return Algorithm{oid, rest}, nil
}

// Marshal appends the AlgorithmIdentifier to b.
func (a Algorithm) Marshal(b *cryptobyte.Builder) error {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddValue(a.ID)
		b.AddBytes([]byte(a.Parameters))
	})
	return nil
}

// Extension is an X.509 extension with its value still encoded.
//
// Spec: RFC 5280 §4.2
type Extension struct {
	ID       OID
	Critical bool
	Value    []byte
}

// ReadExtension reads one Extension. A critical flag of FALSE must be left out, as DER wants a default value to be.
func ReadExtension(s *cryptobyte.String) (Extension, error) {
	var content, value cryptobyte.String
	if !s.ReadASN1(&content, asn1.SEQUENCE) {
		return Extension{}, errors.New("extension expected")
	}
	oid, err := ReadOID(&content)
	if err != nil {
		return Extension{}, err
	}
	e := Extension{ID: oid}
	if content.PeekASN1Tag(asn1.BOOLEAN) && (!content.ReadASN1Boolean(&e.Critical) || !e.Critical) {
		return Extension{}, fmt.Errorf("extension %s: malformed critical flag", oid)
	}
	if !content.ReadASN1(&value, asn1.OCTET_STRING) || !content.Empty() {
		return Extension{}, fmt.Errorf("extension %s: one octet string expected", oid)
	}
	e.Value = value
	return e, nil
}

// Marshal appends the Extension to b.
func (e Extension) Marshal(b *cryptobyte.Builder) error {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddValue(e.ID)
		if e.Critical {
			b.AddASN1Boolean(true)
		}
		b.AddASN1OctetString(e.Value)
	})
	return nil
}
