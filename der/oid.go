package der

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// MaxOID is the longest content of an object identifier that is accepted, in bytes.
const MaxOID = 64

// OID is an object identifier as the content bytes of its DER encoding: comparable, usable as a map key and in a
// switch, and re-encoded without loss. The zero value is no object identifier.
type OID string

// ParseOID turns dotted decimal text such as "2.5.29.15" into an OID.
func ParseOID(dotted string) (OID, error) {
	parts := strings.Split(dotted, ".")
	if len(parts) < 2 {
		return "", fmt.Errorf("object identifier %q: needs two arcs at least", dotted)
	}
	arcs := make([]uint64, len(parts))
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 56)
		if err != nil || (len(part) > 1 && part[0] == '0') {
			return "", fmt.Errorf("object identifier %q: arc %q is not a number", dotted, part)
		}
		arcs[i] = n
	}
	if arcs[0] > 2 || (arcs[0] < 2 && arcs[1] > 39) {
		return "", fmt.Errorf("object identifier %q: first arcs out of range", dotted)
	}
	content := appendArc(nil, arcs[0]*40+arcs[1])
	for _, arc := range arcs[2:] {
		content = appendArc(content, arc)
	}
	if len(content) > MaxOID {
		return "", fmt.Errorf("object identifier %q: longer than %d bytes", dotted, MaxOID)
	}
	return OID(content), nil
}

// MustOID is ParseOID for constants; it panics on malformed text.
func MustOID(dotted string) OID {
	oid, err := ParseOID(dotted)
	if err != nil {
		panic(err)
	}
	return oid
}

func appendArc(content []byte, arc uint64) []byte {
	groups := max(1, (bits.Len64(arc)+6)/7)
	for i := groups - 1; i > 0; i-- {
		content = append(content, 0x80|byte(arc>>(7*i)))
	}
	return append(content, byte(arc)&0x7F)
}

// String returns the dotted decimal form. An arc beyond 64 bits is shown as "…".
func (o OID) String() string {
	text := make([]byte, 0, 32)
	var arc uint64
	var size int
	for i := 0; i < len(o); i++ {
		arc, size = arc<<7|uint64(o[i]&0x7F), size+1
		if o[i]&0x80 != 0 {
			continue
		}
		switch {
		case size > 9:
			text = append(text, ".…"...)
		case len(text) == 0:
			first := min(arc/40, 2)
			text = strconv.AppendUint(append(text, byte('0'+first), '.'), arc-40*first, 10)
		default:
			text = strconv.AppendUint(append(text, '.'), arc, 10)
		}
		arc, size = 0, 0
	}
	return string(text)
}

// ReadOID reads one OBJECT IDENTIFIER.
//
// Spec: X.690 §8.19
func ReadOID(s *cryptobyte.String) (OID, error) {
	var content cryptobyte.String
	if !s.ReadASN1(&content, asn1.OBJECT_IDENTIFIER) {
		return "", errors.New("object identifier expected")
	}
	if err := checkOID(content); err != nil {
		return "", err
	}
	return OID(content), nil
}

func checkOID(content []byte) error {
	if len(content) == 0 || len(content) > MaxOID {
		return fmt.Errorf("object identifier of %d bytes", len(content))
	}
	if content[len(content)-1]&0x80 != 0 {
		return errors.New("object identifier ends within an arc")
	}
	for i, c := range content {
		if c == 0x80 && (i == 0 || content[i-1]&0x80 == 0) {
			return errors.New("object identifier with a padded arc")
		}
	}
	return nil
}

// Marshal appends the OBJECT IDENTIFIER to b.
func (o OID) Marshal(b *cryptobyte.Builder) error {
	if err := checkOID([]byte(o)); err != nil {
		return err
	}
	b.AddASN1(asn1.OBJECT_IDENTIFIER, func(b *cryptobyte.Builder) { b.AddBytes([]byte(o)) })
	return nil
}
