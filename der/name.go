package der

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// MaxRDNs is the largest number of parts in a Name that is accepted.
const MaxRDNs = 64

// Name is an X.501 distinguished name: its parts in encoded order.
//
// Spec: RFC 5280 §4.1.2.4
type Name []RDN

// RDN is one part of a Name: a set of attributes, nearly always one.
type RDN []Attribute

// Attribute is one type and value of an RDN.
type Attribute struct {
	Type  OID
	Value Text
}

// Attribute types used in JPKI names.
var (
	CountryName            = MustOID("2.5.4.6")
	OrganizationName       = MustOID("2.5.4.10")
	OrganizationalUnitName = MustOID("2.5.4.11")
	LocalityName           = MustOID("2.5.4.7")
	CommonName             = MustOID("2.5.4.3")
)

// Country, Organization, OrganizationalUnit, Locality and Common make parts of one attribute with the string types
// JPKI uses: PrintableString for the country, UTF8String for the rest.
func Country(code string) RDN { return RDN{{CountryName, Printable(code)}} }

// Organization makes an O= part, see [Country].
func Organization(name string) RDN { return RDN{{OrganizationName, UTF8(name)}} }

// OrganizationalUnit makes an OU= part, see [Country].
func OrganizationalUnit(name string) RDN { return RDN{{OrganizationalUnitName, UTF8(name)}} }

// Locality makes an L= part, see [Country].
func Locality(name string) RDN { return RDN{{LocalityName, UTF8(name)}} }

// Common makes a CN= part, see [Country].
func Common(name string) RDN { return RDN{{CommonName, UTF8(name)}} }

// Values returns the values of all attributes of type t, in order.
func (n Name) Values(t OID) []string {
	var values []string
	for _, rdn := range n {
		for _, a := range rdn {
			if a.Type == t {
				values = append(values, a.Value.String())
			}
		}
	}
	return values
}

// Equal reports whether two names have the same encoding, which is how JPKI names are compared.
func (n Name) Equal(m Name) bool {
	return slices.EqualFunc(n, m, func(a, b RDN) bool { return slices.Equal(a, b) })
}

var shortNames = map[OID]string{
	CountryName: "C", OrganizationName: "O", OrganizationalUnitName: "OU", LocalityName: "L", CommonName: "CN",
	MustOID("2.5.4.5"): "serialNumber", MustOID("2.5.4.8"): "ST",
}

// String shows the name in encoded order, as in "C=JP, O=JPKI-TEST". It is for people; compare with [Name.Equal].
func (n Name) String() string {
	parts := make([]string, len(n))
	for i, rdn := range n {
		attributes := make([]string, len(rdn))
		for j, a := range rdn {
			short, ok := shortNames[a.Type]
			if !ok {
				short = a.Type.String()
			}
			attributes[j] = short + "=" + a.Value.String()
		}
		parts[i] = strings.Join(attributes, "+")
	}
	return strings.Join(parts, ", ")
}

// ReadName reads one Name.
func ReadName(s *cryptobyte.String) (Name, error) {
	var sequence cryptobyte.String
	if !s.ReadASN1(&sequence, asn1.SEQUENCE) {
		return nil, errors.New("name expected")
	}
	name := Name{}
	for !sequence.Empty() {
		rdn, err := readRDN(&sequence)
		if err != nil {
			return nil, fmt.Errorf("part %d of name: %w", len(name)+1, err)
		}
		if name = append(name, rdn); len(name) > MaxRDNs {
			return nil, fmt.Errorf("name of more than %d parts", MaxRDNs)
		}
	}
	return name, nil
}

func readRDN(s *cryptobyte.String) (RDN, error) {
	var set cryptobyte.String
	if !s.ReadASN1(&set, asn1.SET) || set.Empty() {
		return nil, errors.New("set of attributes expected")
	}
	var rdn RDN
	var last []byte
	for !set.Empty() {
		var element cryptobyte.String
		if !set.ReadASN1Element(&element, asn1.SEQUENCE) {
			return nil, errors.New("attribute expected")
		}
		if bytes.Compare(last, element) >= 0 {
			return nil, errors.New("attributes of a set out of order")
		}
		last = element
		a, err := readAttribute(element)
		if err != nil {
			return nil, err
		}
		rdn = append(rdn, a)
	}
	return rdn, nil
}

func readAttribute(element cryptobyte.String) (Attribute, error) {
	var content cryptobyte.String
	if !element.ReadASN1(&content, asn1.SEQUENCE) {
		return Attribute{}, errors.New("attribute expected")
	}
	oid, err := ReadOID(&content)
	if err != nil {
		return Attribute{}, err
	}
	value, err := ReadText(&content)
	if err != nil {
		return Attribute{}, fmt.Errorf("attribute %s: %w", oid, err)
	}
	if !content.Empty() {
		return Attribute{}, fmt.Errorf("attribute %s: trailing data", oid)
	}
	return Attribute{oid, value}, nil
}

// Marshal appends the Name to b. Attributes of a set must stand in DER order.
func (n Name) Marshal(b *cryptobyte.Builder) error {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, rdn := range n {
			b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) {
				for _, a := range rdn {
					b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddValue(a.Type)
						b.AddValue(a.Value)
					})
				}
			})
		}
	})
	return nil
}
