package pkix

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Name is a distinguished name as its DER. Two names with the same bytes are ==; whether two names mean the same in path
// validation says [Name.Matches]. Names hold personal data: there is no String method.
//
//	Name ::= SEQUENCE OF SET OF SEQUENCE { type OBJECT IDENTIFIER, value ANY }
//
// Spec: RFC 5280 §4.1.2.4
type Name string

// Empty reports whether the name has no part.
func (n Name) Empty() bool { return len(n) <= 2 }

// Matches compares two names as path validation wants it: string types do not matter, nor do case and the amount of
// white space; the order of the parts does. Values that are no character strings must have the same bytes.
//
// Of the preparation of strings by RFC 4518 the normal form NFKC is left out: two spellings that differ in it are two
// names.
//
// Spec: RFC 5280 §7.1
func (n Name) Matches(m Name) bool {
	if n == m {
		return true
	}
	var a, b, x, y cryptobyte.String
	s, t := cryptobyte.String(n), cryptobyte.String(m)
	if !s.ReadASN1(&a, asn1.SEQUENCE) || !t.ReadASN1(&b, asn1.SEQUENCE) {
		return false
	}
	for !a.Empty() && !b.Empty() { // part by part: most names that differ do so early
		if !a.ReadASN1(&x, asn1.SET) || !b.ReadASN1(&y, asn1.SET) || !samePart(x, y) {
			return false
		}
	}
	return a.Empty() && b.Empty()
}

func samePart(x, y cryptobyte.String) bool {
	if bytes.Equal(x, y) {
		return true
	}
	var a, b [128]byte // of most parts, so that nothing is allocated
	return bytes.Equal(appendFolded(a[:0], x), appendFolded(b[:0], y))
}

// Folded returns a text that is the same for all names that match.
func (n Name) Folded() string {
	folded := make([]byte, 0, len(n)+64)
	n.each(func(rdn cryptobyte.String) { folded = appendFolded(folded, rdn) })
	return string(folded)
}

// Under reports whether the name begins with all parts of base, as a directory entry under another does.
func (n Name) Under(base Name) bool { return strings.HasPrefix(n.Folded(), base.Folded()) }

// Emails returns the e-mail addresses that stand in the name itself.
func (n Name) Emails() []string {
	var emails []string
	n.each(func(rdn cryptobyte.String) {
		for !rdn.Empty() {
			a, _ := readAttribute(&rdn)
			if text, err := der.ReadText(&a.value); err == nil && der.OID(a.kind) == oidEmailAddress {
				emails = append(emails, text.String())
			}
		}
	})
	return emails
}

// with returns the name with one part more, given as the content of its SET.
func (n Name) with(rdn []byte) Name {
	s := cryptobyte.String(n)
	var parts cryptobyte.String
	s.ReadASN1(&parts, asn1.SEQUENCE)
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(parts)
		b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(rdn) })
	})
	return Name(b.BytesOrPanic()) // two byte strings of bounded length always fit
}

type attribute struct {
	kind  cryptobyte.String
	value cryptobyte.String // element
}

// appendFolded appends the content of a relative name in its folded form: the number of its attributes, then these in an
// order of their own.
func appendFolded(folded []byte, rdn cryptobyte.String) []byte {
	first, _ := readAttribute(&rdn)
	if rdn.Empty() {
		return first.appendFolded(append(folded, 1))
	}
	attributes := [][]byte{first.appendFolded(nil)}
	for !rdn.Empty() {
		a, _ := readAttribute(&rdn)
		attributes = append(attributes, a.appendFolded(nil))
	}
	slices.SortFunc(attributes, bytes.Compare)
	return append(binary.AppendUvarint(folded, uint64(len(attributes))), slices.Concat(attributes...)...)
}

// appendFolded appends type and value, each after its length.
func (a attribute) appendFolded(to []byte) []byte {
	to = binary.AppendUvarint(to, uint64(len(a.kind)))
	to = append(to, a.kind...)
	start := len(to)
	to = append(to, 0, 0, 0, 0)
	to = a.appendValue(to)
	binary.BigEndian.PutUint32(to[start:], uint32(len(to)-start))
	return to
}

// How a folded value begins.
const (
	foldedText    = 'T'
	foldedElement = 'E'
)

// appendValue appends the value without case and superfluous white space, or as it is if it is no character string.
func (a attribute) appendValue(to []byte) []byte {
	value, element := a.value, a.value
	var content cryptobyte.String
	var tag asn1.Tag
	value.ReadAnyASN1(&content, &tag)
	if isText := tag == asn1.UTF8String || tag == asn1.PrintableString || tag == asn1.IA5String; isText && ascii(content) {
		return appendLower(append(to, foldedText), content)
	}
	text, err := der.ReadText(&element)
	if err != nil {
		return append(append(to, foldedElement), a.value...)
	}
	return append(append(to, foldedText), strings.Join(strings.Fields(strings.ToLower(text.String())), " ")...)
}

func ascii(s []byte) bool {
	return !slices.ContainsFunc(s, func(c byte) bool { return c >= utf8.RuneSelf || c < ' ' })
}

// appendLower appends ASCII text in lower case, with one space for several between words and none around them.
func appendLower(to, text []byte) []byte {
	start, pending := len(to), false
	for _, c := range text {
		if c == ' ' {
			pending = len(to) > start
			continue
		}
		if pending {
			to, pending = append(to, ' '), false
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		to = append(to, c)
	}
	return to
}

// each visits the contents of the relative names in order and reports whether the name is well formed.
func (n Name) each(visit func(rdn cryptobyte.String)) bool {
	s := cryptobyte.String(n)
	var parts cryptobyte.String
	if !s.ReadASN1(&parts, asn1.SEQUENCE) || !s.Empty() {
		return false
	}
	for count := 0; !parts.Empty(); count++ {
		var set cryptobyte.String
		if count == der.MaxRDNs || !parts.ReadASN1(&set, asn1.SET) || !wellFormed(set) {
			return false
		}
		visit(set)
	}
	return true
}

// wellFormed reports whether the content of a SET is one attribute or several.
func wellFormed(set cryptobyte.String) bool {
	ok := !set.Empty()
	for ok && !set.Empty() {
		_, ok = readAttribute(&set)
	}
	return ok
}

func readAttribute(set *cryptobyte.String) (a attribute, ok bool) {
	var pair cryptobyte.String
	ok = set.ReadASN1(&pair, asn1.SEQUENCE) && pair.ReadASN1(&a.kind, asn1.OBJECT_IDENTIFIER) &&
		pair.ReadAnyASN1Element(&a.value, nil) && pair.Empty()
	return a, ok
}

func readName(s *cryptobyte.String) (Name, error) {
	var element cryptobyte.String
	if !s.ReadASN1Element(&element, asn1.SEQUENCE) {
		return "", errors.New("name expected")
	}
	n := Name(element)
	if !n.each(func(cryptobyte.String) {}) {
		return "", errors.New("malformed name")
	}
	return n, nil
}
