package pkix

import (
	"errors"
	"fmt"

	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// GeneralName is one of the nine forms of a name. Choice is its tag number (the constants of package der name the usual
// ones), Value the content bytes under the tag; for a directory name Value is a [Name]. Two general names with the same
// bytes are ==.
//
// Spec: RFC 5280 §4.2.1.6
type GeneralName struct {
	Choice int
	Value  string
}

// maxChoice is the tag of the last form, registeredID.
const maxChoice = 8

// readGeneralNames reads the content of a GeneralNames to the end of s.
func readGeneralNames(s cryptobyte.String) ([]GeneralName, error) {
	var names []GeneralName
	for !s.Empty() {
		g, err := readGeneralName(&s)
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

func readGeneralName(s *cryptobyte.String) (GeneralName, error) {
	var content cryptobyte.String
	var tag asn1.Tag
	if !s.ReadAnyASN1(&content, &tag) || tag&0xC0 != 0x80 || tag&0x1F > maxChoice {
		return GeneralName{}, errors.New("general name expected")
	}
	g := GeneralName{int(tag & 0x1F), string(content)}
	holds := g.Choice == der.OtherNameChoice || 3 <= g.Choice && g.Choice <= 5
	if holds != (tag&0x20 != 0) {
		return GeneralName{}, fmt.Errorf("general name of form %d with the wrong tag", g.Choice)
	}
	return g, g.check(content)
}

// check looks at the forms that are compared.
func (g GeneralName) check(content cryptobyte.String) error {
	switch g.Choice {
	case der.EmailChoice, der.DNSChoice, der.URIChoice:
		for _, c := range content {
			if c >= 0x80 {
				return fmt.Errorf("general name of form %d with bytes beyond ASCII", g.Choice)
			}
		}
	case der.DirectoryChoice:
		if _, err := readName(&content); err != nil || !content.Empty() {
			return errors.New("malformed directory name")
		}
	}
	return nil
}
