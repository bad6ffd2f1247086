package app_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/openjpki/jpki"
)

// planted is a value that is looked for, in all its encodings.
type planted struct {
	patterns [][]byte
	word     *regexp.Regexp // how a short value stands by itself
}

// plant returns what to look for if a value may be written as any of some texts.
func plant(texts ...string) planted {
	var p planted
	for _, text := range texts {
		p.patterns = append(p.patterns, encodings(text)...)
	}
	p.tidy()
	return p
}

// plantWord is plant for a text so short that it may stand in others by chance: by itself or, encoded, in quotation marks.
func plantWord(text string) planted {
	p := plant(`"` + text + `"`)
	p.word = regexp.MustCompile(`(?:^|[^0-9A-Za-z])` + text + `(?:[^0-9A-Za-z]|$)`)
	return p
}

// plantSerial is plant for serial numbers: decimal, hexadecimal and the bytes of an INTEGER.
func plantSerial(serials ...jpki.Serial) planted {
	var p planted
	for _, s := range serials {
		number := bytes.TrimLeft(binary.BigEndian.AppendUint64(nil, uint64(s)), "\x00")
		p.patterns = append(p.patterns, encodings(strconv.FormatUint(uint64(s), 10))...)
		p.patterns = append(p.patterns, encodings(s.String())...)
		p.patterns = append(p.patterns, encodings(strings.ToLower(s.String()))...)
		p.patterns = append(p.patterns, number)
		p.patterns = append(p.patterns, inBase64(number)...)
	}
	p.tidy()
	return p
}

func (p *planted) tidy() {
	slices.SortFunc(p.patterns, bytes.Compare)
	p.patterns = slices.CompactFunc(p.patterns, bytes.Equal)
}

// in returns the encoding in which a value stands in data, or "".
func (p planted) in(data []byte) string {
	if p.word != nil && p.word.Match(data) {
		return "by itself"
	}
	for _, pattern := range p.patterns {
		if bytes.Contains(data, pattern) {
			return fmt.Sprintf("as %q", pattern)
		}
	}
	return ""
}

// unbroken joins the lines of data: base64 in a file is broken into lines.
func unbroken(data []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(data, []byte("\r"), nil), []byte("\n"), nil)
}

// encodings returns how a text may stand in bytes: UTF-8, UTF-16, JSON and percent escapes; the first three in hexadecimal;
// all of them in base64, and those in base64 once more, as certificates stand in letters.
func encodings(text string) [][]byte {
	plain := [][]byte{[]byte(text), utf16Of(text, binary.LittleEndian), utf16Of(text, binary.BigEndian)}
	all := append(slices.Clone(plain), escaped(text, "%04x"), escaped(text, "%04X"), percent(text, "%02X"), percent(text, "%02x"),
		[]byte(url.PathEscape(text)), []byte(url.QueryEscape(text)))
	for _, p := range plain {
		digits := hex.EncodeToString(p)
		all = append(all, []byte(digits), []byte(strings.ToUpper(digits)))
	}
	slices.SortFunc(all, bytes.Compare)
	all = slices.CompactFunc(all, bytes.Equal)
	for _, p := range slices.Clone(all) {
		once := inBase64(p)
		all = append(all, once...)
		for _, o := range once {
			all = append(all, inBase64(o)...)
		}
	}
	return all
}

func utf16Of(text string, order binary.AppendByteOrder) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return b
}

// escaped returns a text as JSON with all that is not ASCII escaped.
func escaped(text, digits string) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		if unit < 0x80 {
			b = append(b, byte(unit))
		} else {
			b = fmt.Appendf(b, `\u`+digits, unit)
		}
	}
	return b
}

// percent returns a text with every byte percent-encoded.
func percent(text, digits string) (b []byte) {
	for _, c := range []byte(text) {
		b = fmt.Appendf(b, "%%"+digits, c)
	}
	return b
}

// inBase64 returns what base64, standard and for URLs, makes of bytes wherever they stand among others: for each of the
// three places in a group, the characters that hang on them alone.
func inBase64(b []byte) [][]byte {
	var all [][]byte
	for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			text := e.EncodeToString(append(make([]byte, before), b...))
			from, to := (before*8+5)/6, (before+len(b))*8/6
			all = append(all, []byte(text[from:to]))
		}
	}
	return all
}

// The searcher finds a value in each encoding, whatever stands before and after it, and does not find another value.
func TestPlanted(t *testing.T) {
	const name, other = "𠮷田　秘匿", "吉田　秘匿"
	asJSON := func(v any) []byte {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	der := append([]byte{0x30, 0x82, 1}, name...)
	tests := map[string][]byte{
		"UTF-8":                    []byte("x" + name + "x"),
		"UTF-16, little end first": append([]byte{1}, utf16Of(name, binary.LittleEndian)...),
		"UTF-16, big end first":    append([]byte{1}, utf16Of(name, binary.BigEndian)...),
		"JSON escapes":             []byte(strings.Trim(strconv.QuoteToASCII("x𠮷"), `"`) + `\ud842\udfb7\u7530\u3000\u79d8\u533f`),
		"percent":                  []byte(url.QueryEscape(name)),
		"percent in small letters": []byte(strings.ToLower(url.QueryEscape(name))),
		"hex":                      []byte(hex.EncodeToString([]byte(name))),
		"HEX":                      []byte(strings.ToUpper(hex.EncodeToString([]byte(name)))),
		"base64 of JSON of base64": asJSON(asJSON(map[string][]byte{"der": der})),
		"lines of base64":          unbroken(bytes.Join(slices.Collect(slices.Chunk([]byte(base64.StdEncoding.EncodeToString([]byte(name))), 5)), []byte("\n"))),
	}
	for before := range 4 {
		text := strings.Repeat("?", before) + name + "??"
		tests[fmt.Sprintf("base64 after %d", before)] = []byte(base64.StdEncoding.EncodeToString([]byte(text)))
		tests[fmt.Sprintf("base64 for URLs after %d", before)] = []byte(base64.RawURLEncoding.EncodeToString([]byte(text)))
	}
	for what, data := range tests {
		if plant(name).in(data) == "" {
			t.Errorf("%s: not found in %q", what, data)
		}
		if plant(other).in(data) != "" {
			t.Errorf("%s: another name is found in %q", what, data)
		}
	}
	for text, want := range map[string]bool{"PIN 7391.": true, `{"pin":"7391"}`: true, "17391": false, "a7391": false} {
		if got := plantWord("7391").in([]byte(text)) != ""; got != want {
			t.Errorf("a PIN is found in %q: %t, want %t", text, got, want)
		}
	}
}

func TestPlantedSerial(t *testing.T) {
	const serial jpki.Serial = 0x5EC7A1B2C3D4
	for _, text := range []string{strconv.FormatUint(uint64(serial), 10), "n 5EC7A1B2C3D4", "5ec7a1b2c3d4", "\x02\x06\x5e\xc7\xa1\xb2\xc3\xd4"} {
		if plantSerial(serial).in([]byte(text)) == "" {
			t.Errorf("serial number not found in %q", text)
		}
	}
}
