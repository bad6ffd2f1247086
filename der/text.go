package der

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Tags of the string types that cryptobyte does not name.
const (
	numericString   = asn1.Tag(18)
	universalString = asn1.Tag(28)
	bmpString       = asn1.Tag(30)
)

// Text is a character string with its ASN.1 type. Content holds the encoded bytes; for the types JPKI uses
// (PrintableString, UTF8String, IA5String) these are the text itself.
type Text struct {
	Tag     asn1.Tag
	Content string
}

// Printable makes a PrintableString.
func Printable(s string) Text { return Text{asn1.PrintableString, s} }

// UTF8 makes a UTF8String.
func UTF8(s string) Text { return Text{asn1.UTF8String, s} }

// IA5 makes an IA5String.
func IA5(s string) Text { return Text{asn1.IA5String, s} }

// String returns the text in UTF-8.
func (t Text) String() string {
	switch t.Tag {
	case bmpString:
		units := make([]uint16, len(t.Content)/2)
		for i := range units {
			units[i] = uint16(t.Content[2*i])<<8 | uint16(t.Content[2*i+1])
		}
		return string(utf16.Decode(units))
	case universalString:
		var b strings.Builder
		for i := 0; i+3 < len(t.Content); i += 4 {
			c := t.Content[i : i+4]
			b.WriteRune(rune(c[0])<<24 | rune(c[1])<<16 | rune(c[2])<<8 | rune(c[3]))
		}
		return b.String()
	case asn1.T61String: // in practice Latin-1
		var b strings.Builder
		for i := 0; i < len(t.Content); i++ {
			b.WriteRune(rune(t.Content[i]))
		}
		return b.String()
	}
	return t.Content
}

// ReadText reads one string of any of the DirectoryString types, IA5String or NumericString and checks its alphabet.
//
// Spec: X.690 §8.23
func ReadText(s *cryptobyte.String) (Text, error) {
	var content cryptobyte.String
	var tag asn1.Tag
	if !s.ReadAnyASN1(&content, &tag) {
		return Text{}, errors.New("character string expected")
	}
	t := Text{tag, string(content)}
	return t, t.check()
}

func (t Text) check() error {
	valid := false
	switch t.Tag {
	case asn1.UTF8String:
		valid = utf8.ValidString(t.Content)
	case asn1.PrintableString:
		valid = only(t.Content, isPrintable)
	case asn1.IA5String:
		valid = only(t.Content, func(c byte) bool { return c < 0x80 })
	case numericString:
		valid = only(t.Content, func(c byte) bool { return c == ' ' || '0' <= c && c <= '9' })
	case asn1.T61String:
		valid = true
	case bmpString:
		valid = len(t.Content)%2 == 0
	case universalString:
		valid = len(t.Content)%4 == 0
	default:
		return fmt.Errorf("tag %d is not a character string", t.Tag)
	}
	if !valid {
		return fmt.Errorf("character string of type %d with bytes outside its alphabet", t.Tag)
	}
	return nil
}

func only(s string, ok func(byte) bool) bool {
	for i := 0; i < len(s); i++ {
		if !ok(s[i]) {
			return false
		}
	}
	return true
}

func isPrintable(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte(" '()+,-./:=?", c) >= 0
}

// Marshal appends the string to b.
func (t Text) Marshal(b *cryptobyte.Builder) error {
	if err := t.check(); err != nil {
		return err
	}
	b.AddASN1(t.Tag, func(b *cryptobyte.Builder) { b.AddBytes([]byte(t.Content)) })
	return nil
}
