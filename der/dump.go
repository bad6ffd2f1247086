package der

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// maxDumpDepth bounds the nesting that [Dump] follows.
const maxDumpDepth = 32

// Dump writes a readable tree of one DER element, a line per element: offset, type, length and value, indented by
// depth. Object identifiers are followed by what nameOf says of them, where it says something. Octet and bit strings
// that hold DER are opened.
func Dump(w io.Writer, element []byte, nameOf func(OID) string) error {
	d := dumper{w: w, whole: element, nameOf: nameOf}
	s := cryptobyte.String(element)
	d.walk(s, 0, 0)
	return d.err
}

type dumper struct {
	w      io.Writer
	whole  []byte
	nameOf func(OID) string
	err    error
}

// walk writes the elements of s, which begins at the given offset of the whole.
func (d *dumper) walk(s cryptobyte.String, offset, depth int) {
	for !s.Empty() && d.err == nil {
		var element, content cryptobyte.String
		var tag asn1.Tag
		peek := s
		if depth > maxDumpDepth || !s.ReadAnyASN1Element(&element, &tag) || !peek.ReadAnyASN1(&content, nil) {
			d.err = errors.New("malformed DER in dump")
			return
		}
		start := offset + len(element) - len(content)
		fmt.Fprintf(d.w, "%5d %s%s (%d)", offset, strings.Repeat("  ", depth), tagName(tag), len(content))
		d.value(tag, element, content, start, depth)
		offset += len(element)
	}
}

func (d *dumper) value(tag asn1.Tag, element, content cryptobyte.String, offset, depth int) {
	if tag&0x20 != 0 {
		fmt.Fprintln(d.w)
		d.walk(content, offset, depth+1)
		return
	}
	inner := content
	if tag == asn1.BIT_STRING && len(content) > 0 && content[0] == 0 {
		inner, offset = content[1:], offset+1
	}
	if (tag == asn1.OCTET_STRING || tag == asn1.BIT_STRING) && holdsDER(inner, 0) {
		fmt.Fprintln(d.w, " holding")
		d.walk(inner, offset, depth+1)
		return
	}
	if text := d.text(tag, element, content); text != "" {
		fmt.Fprint(d.w, " ", text)
	}
	fmt.Fprintln(d.w)
}

func (d *dumper) text(tag asn1.Tag, element, content cryptobyte.String) string {
	switch tag {
	case asn1.OBJECT_IDENTIFIER:
		if oid, err := ReadOID(&element); err == nil {
			return strings.TrimSpace(oid.String() + " " + d.nameOf(oid))
		}
	case asn1.UTCTime, asn1.GeneralizedTime:
		if t, err := ReadTime(&element); err == nil {
			return t.Format(time.RFC3339)
		}
	case asn1.BOOLEAN:
		return fmt.Sprint(len(content) == 1 && content[0] != 0)
	}
	if t, err := ReadText(&element); err == nil {
		return fmt.Sprintf("%q", t.String())
	}
	if tag&0xC0 != 0 && printable(content) {
		return fmt.Sprintf("%q", string(content))
	}
	return fmt.Sprintf("%X", []byte(content))
}

func printable(content []byte) bool {
	return len(content) > 3 && !strings.ContainsFunc(string(content), func(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) })
}

// holdsDER reports whether s is one constructed element or a short primitive one, through and through well formed.
func holdsDER(s cryptobyte.String, depth int) bool {
	elements := 0
	for ; !s.Empty(); elements++ {
		var content cryptobyte.String
		var tag asn1.Tag
		if depth > maxDumpDepth || !s.ReadAnyASN1(&content, &tag) || tag == 0 {
			return false
		}
		if tag&0x20 != 0 && !content.Empty() && !holdsDER(content, depth+1) {
			return false
		}
	}
	return elements == 1 || depth > 0
}

var tagNames = map[asn1.Tag]string{
	asn1.BOOLEAN: "BOOLEAN", asn1.INTEGER: "INTEGER", asn1.BIT_STRING: "BIT STRING", asn1.OCTET_STRING: "OCTET STRING",
	asn1.NULL: "NULL", asn1.OBJECT_IDENTIFIER: "OBJECT IDENTIFIER", asn1.ENUM: "ENUMERATED",
	asn1.UTF8String: "UTF8String", asn1.SEQUENCE: "SEQUENCE", asn1.SET: "SET", asn1.PrintableString: "PrintableString",
	asn1.T61String: "T61String", asn1.IA5String: "IA5String", asn1.UTCTime: "UTCTime",
	asn1.GeneralizedTime: "GeneralizedTime", numericString: "NumericString", bmpString: "BMPString",
	universalString: "UniversalString",
}

func tagName(tag asn1.Tag) string {
	if name, ok := tagNames[tag]; ok {
		return name
	}
	return fmt.Sprintf("[%s%d]", [...]string{"UNIVERSAL ", "APPLICATION ", "", "PRIVATE "}[tag>>6], tag&0x1F)
}
