package der

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// The choices of a GeneralName, by tag number.
const (
	OtherNameChoice = 0
	EmailChoice     = 1
	DNSChoice       = 2
	DirectoryChoice = 4
	URIChoice       = 6
	IPChoice        = 7
)

// GeneralName is one of the nine forms of a name. Choice says which field is set: Other (0), Directory (4), Text
// (1 e-mail, 2 DNS, 6 URI; IA5 characters), Raw (3, 5, 7, 8: the content bytes).
//
//	GeneralName ::= CHOICE {
//	    otherName [0] OtherName, rfc822Name [1] IA5String, dNSName [2] IA5String, x400Address [3] ORAddress,
//	    directoryName [4] Name, ediPartyName [5] EDIPartyName, uniformResourceIdentifier [6] IA5String,
//	    iPAddress [7] OCTET STRING, registeredID [8] OBJECT IDENTIFIER }
//
// Spec: RFC 5280 §4.2.1.6
type GeneralName struct {
	Choice    int
	Other     OtherName
	Directory Name
	Text      string
	Raw       []byte
}

// OtherName is a name of a form defined elsewhere: Value is the DER of whatever stands inside [0] EXPLICIT.
type OtherName struct {
	Type  OID
	Value []byte
}

// DirectoryName makes a GeneralName of a distinguished name.
func DirectoryName(n Name) GeneralName { return GeneralName{Choice: DirectoryChoice, Directory: n} }

// URI makes a GeneralName of a URI of IA5 characters.
func URI(uri string) GeneralName { return GeneralName{Choice: URIChoice, Text: uri} }

// OtherUTF8 makes an otherName whose value is a UTF8String.
func OtherUTF8(t OID, value string) (GeneralName, error) {
	var b cryptobyte.Builder
	b.AddValue(UTF8(value))
	encoded, err := b.Bytes()
	return GeneralName{Choice: OtherNameChoice, Other: OtherName{t, encoded}}, err
}

// UTF8 returns the value of an otherName that is a UTF8String.
func (o OtherName) UTF8() (string, error) {
	s := cryptobyte.String(o.Value)
	t, err := ReadText(&s)
	if err != nil || t.Tag != asn1.UTF8String || !s.Empty() {
		return "", fmt.Errorf("otherName %s: UTF8String expected", o.Type)
	}
	return t.Content, nil
}

// String shows the name as in "URI:http://…" or "DirName:C=JP, O=…". It does not show the value of an otherName, which
// is personal data.
func (g GeneralName) String() string {
	switch g.Choice {
	case OtherNameChoice:
		return "otherName:" + g.Other.Type.String()
	case EmailChoice:
		return "email:" + g.Text
	case DNSChoice:
		return "DNS:" + g.Text
	case DirectoryChoice:
		return "DirName:" + g.Directory.String()
	case URIChoice:
		return "URI:" + g.Text
	}
	return fmt.Sprintf("[%d]:%X", g.Choice, g.Raw)
}

// ReadGeneralNames reads the elements of a GeneralNames whose outer tag has been taken off, to the end of s.
func ReadGeneralNames(s cryptobyte.String) ([]GeneralName, error) {
	var names []GeneralName
	for !s.Empty() {
		g, err := ReadGeneralName(&s)
		if err != nil {
			return nil, err
		}
		names = append(names, g)
	}
	if len(names) == 0 {
		return nil, errors.New("general name expected")
	}
	return names, nil
}

// ReadGeneralName reads one GeneralName.
func ReadGeneralName(s *cryptobyte.String) (GeneralName, error) {
	var content cryptobyte.String
	var tag asn1.Tag
	if !s.ReadAnyASN1(&content, &tag) {
		return GeneralName{}, errors.New("general name expected")
	}
	g := GeneralName{Choice: int(tag &^ 0xE0)}
	if tag != g.tag() || g.Choice > 8 {
		return GeneralName{}, fmt.Errorf("tag %#x is not a general name", uint8(tag))
	}
	var err error
	switch g.Choice {
	case OtherNameChoice:
		g.Other, err = readOtherName(content)
	case EmailChoice, DNSChoice, URIChoice:
		g.Text = string(content)
		err = IA5(g.Text).check()
	case DirectoryChoice:
		g.Directory, err = ReadName(&content)
		if err == nil && !content.Empty() {
			err = errors.New("trailing data after a directory name")
		}
	default:
		g.Raw = content
	}
	return g, err
}

// tag is the context tag of the choice; the forms that hold further elements are constructed.
func (g GeneralName) tag() asn1.Tag {
	tag := asn1.Tag(g.Choice).ContextSpecific()
	if strings.IndexByte("\x00\x03\x04\x05", byte(g.Choice)) >= 0 {
		tag = tag.Constructed()
	}
	return tag
}

func readOtherName(s cryptobyte.String) (OtherName, error) {
	oid, err := ReadOID(&s)
	if err != nil {
		return OtherName{}, err
	}
	var explicit, element cryptobyte.String
	if !s.ReadASN1(&explicit, asn1.Tag(0).ContextSpecific().Constructed()) || !s.Empty() {
		return OtherName{}, fmt.Errorf("otherName %s: [0] EXPLICIT value expected", oid)
	}
	value := []byte(explicit)
	if !explicit.ReadAnyASN1Element(&element, nil) || !explicit.Empty() {
		return OtherName{}, fmt.Errorf("otherName %s: one value expected", oid)
	}
	return OtherName{oid, value}, nil
}

// Marshal appends the GeneralName to b.
func (g GeneralName) Marshal(b *cryptobyte.Builder) error {
	b.AddASN1(g.tag(), func(b *cryptobyte.Builder) {
		switch g.Choice {
		case OtherNameChoice:
			b.AddValue(g.Other.Type)
			b.AddASN1(asn1.Tag(0).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) { b.AddBytes(g.Other.Value) })
		case EmailChoice, DNSChoice, URIChoice:
			if err := IA5(g.Text).check(); err != nil {
				b.SetError(err)
			}
			b.AddBytes([]byte(g.Text))
		case DirectoryChoice:
			b.AddValue(g.Directory)
		default:
			b.AddBytes(g.Raw)
		}
	})
	return nil
}
