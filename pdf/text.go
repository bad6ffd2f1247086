package pdf

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// NewText encodes a text for people: ASCII as it is, anything else in UTF-16, which all readers know.
//
// Spec: ISO 32000-1 §7.9.2.2
func NewText(text string) String {
	if strings.IndexFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r > '~' }) < 0 {
		return String(text)
	}
	encoded := []byte{0xFE, 0xFF}
	for _, unit := range utf16.Encode([]rune(text)) {
		encoded = append(encoded, byte(unit>>8), byte(unit))
	}
	return String(encoded)
}

// Text reads a text for people: UTF-16, UTF-8 with its mark, or PDFDocEncoding, of which only what it shares with
// Latin-1 is known; the rest is shown as U+FFFD.
//
// Spec: ISO 32000-1 §7.9.2.2
func (s String) Text() string {
	if rest, ok := strings.CutPrefix(string(s), "\xEF\xBB\xBF"); ok {
		return strings.ToValidUTF8(rest, string(utf8.RuneError))
	}
	rest, ok := strings.CutPrefix(string(s), "\xFE\xFF")
	if !ok {
		return docEncoding(string(s))
	}
	var units []uint16
	for ; len(rest) > 1; rest = rest[2:] {
		units = append(units, uint16(rest[0])<<8|uint16(rest[1]))
	}
	return string(utf16.Decode(units))
}

func docEncoding(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c > '~' && c < 0xA1 || c < ' ' && !strings.ContainsRune("\t\n\r", rune(c)) {
			b.WriteRune(utf8.RuneError)
			continue
		}
		b.WriteRune(rune(c))
	}
	return b.String()
}
