package pdf_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/openjpki/jpki/pdf"
)

func TestObjects(t *testing.T) {
	for text, want := range map[string]pdf.Object{
		"null": nil, "true": true, "false": false,
		"0": int64(0), "+17": int64(17), "-98": int64(-98), "00012": int64(12), "34.5": 34.5, "-.002": -0.002, "4.": 4.0, "-0.0": 0.0,
		"12 0 R": pdf.Ref{Number: 12}, "12 3 R": pdf.Ref{Number: 12, Generation: 3},
		"/Name1": pdf.Name("Name1"), "/A#42;_$**": pdf.Name("AB;_$**"), "/": pdf.Name(""), "/a#20b#23": pdf.Name("a b#"),
		"(a(b)c)": pdf.String("a(b)c"), "()": pdf.String(""), `(\n\r\t\b\f\(\)\\)`: pdf.String("\n\r\t\b\f()\\"),
		`(\0053\53\7x\777)`: pdf.String("\x053+\ax\xff"), "(a\\\nb\\\r\nc)": pdf.String("abc"), "(a\rb\r\nc\nd)": pdf.String("a\nb\nc\nd"),
		`(\q)`: pdf.String("q"), "<4E 6f\n7>": pdf.String("Nop"), "<>": pdf.String(""),
		"[1 2 R 3 0 R(x)/y<<>>]": pdf.Array{int64(1), int64(2), pdf.Name("unread")},
		"[ 1 2 3 0 R (x)/y<<>>]": pdf.Array{int64(1), int64(2), pdf.Ref{Number: 3}, pdf.String("x"), pdf.Name("y"), pdf.Dict{}},
		"<</A 1/B<</C[]>>%x\n>>": pdf.Dict{"A": int64(1), "B": pdf.Dict{"C": pdf.Array{}}},
	} {
		got, rest, err := pdf.ParseObject([]byte(text))
		if strings.Contains(text, "1 2 R 3") {
			want = pdf.Array{pdf.Ref{Number: 1, Generation: 2}, pdf.Ref{Number: 3}, pdf.String("x"), pdf.Name("y"), pdf.Dict{}}
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil || len(rest) > 0 {
			t.Errorf("%q: %v, rest %q: %s", text, err, rest, diff)
		}
	}
}

func TestMalformedObjects(t *testing.T) {
	for text, want := range map[string]string{
		"": "file ends", "nul": "object expected", "--5": "malformed number", "1.2.3": "malformed number", "1-2": "malformed number", "+": "malformed number",
		"9999999999999999999999": "too large", "-99999999999999999999": "too large",
		"(abc": "without end", "<12": "without end", "<1x>": "another character", "/a#4": "name with #", "/a#zz": "name with #", "/a#00": "name with #",
		"[1 2": "object expected, file ends", "<</A 1>": "one >", "<</A 1/A 2>>": "two entries /A", "<<1 2>>": "name of a dictionary entry", ">>": "object expected",
		"}": "object expected", strings.Repeat("[", 200): "deeper than 100", "[" + strings.Repeat("1 ", 1<<20+1) + "]": "more than 1048576 elements",
		"/" + strings.Repeat("a", 5000): "word of more than", "(" + strings.Repeat("a", 33<<20): "object of more than",
	} {
		_, _, err := pdf.ParseObject([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
}

// Texts come back as they were, and are written in ASCII, with a backslash in front of everything that wants one: the
// first byte of 山 is a backslash itself.
func TestText(t *testing.T) {
	for _, text := range []string{"", "plain", "(a) \\ b", "山田", "髙﨑", "𠮷野", "見本　花子", "é", "\\山(", "大出\n\t"} {
		written, err := pdf.Append(nil, pdf.NewText(text))
		if err != nil {
			t.Fatal(err)
		}
		if strings.IndexFunc(string(written), func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r > '~' }) >= 0 {
			t.Errorf("%q is written as %q", text, written)
		}
		got, _, err := pdf.ParseObject(written)
		if s, ok := got.(pdf.String); !ok || err != nil || s.Text() != text {
			t.Errorf("%q comes back as %v, %v", text, got, err)
		}
	}
	if got := pdf.String("\xEF\xBB\xBF山").Text(); got != "山" {
		t.Errorf("UTF-8 = %q", got)
	}
	if got := pdf.String("A\x80\xE9").Text(); got != "A\uFFFDé" {
		t.Errorf("PDFDocEncoding = %q", got)
	}
	if got, _ := pdf.Append(nil, pdf.NewText("山")); string(got) != `(\376\377\\q)` {
		t.Errorf("山 is written as %s", got)
	}
}

func TestAppendRefuses(t *testing.T) {
	zero := 0.0
	for _, o := range []pdf.Object{1, pdf.Name("a\x00"), 1 / zero, pdf.Array{struct{}{}}, pdf.Dict{"a": uint(1)}, pdf.Dict{"\x00": true}} {
		if out, err := pdf.Append(nil, o); err == nil {
			t.Errorf("%v is written as %q", o, out)
		}
	}
	short := pdf.NewStream(pdf.Dict{}, []byte("abc"))
	short.Raw = io.NewSectionReader(strings.NewReader("abc"), 0, 5)
	if out, err := pdf.Append(nil, short); err == nil {
		t.Errorf("a stream that is cut is written as %q", out)
	}
}

func TestEqual(t *testing.T) {
	stream := func(text string) *pdf.Stream { return pdf.NewStream(pdf.Dict{"A": int64(1)}, []byte(text)) }
	long := strings.Repeat("x", 10000)
	for _, tt := range []struct {
		a, b pdf.Object
		want bool
	}{
		{pdf.Dict{"A": nil}, pdf.Dict{}, true}, {pdf.Dict{"A": pdf.Array{int64(1)}}, pdf.Dict{"A": pdf.Array{int64(2)}}, false},
		{pdf.Array{int64(1)}, pdf.Array{int64(1), int64(1)}, false}, {int64(1), 1.0, false}, {pdf.String("a"), pdf.Name("a"), false},
		{nil, pdf.Array{}, false}, {pdf.Array{}, nil, false}, {pdf.Ref{Number: 1}, pdf.Ref{Number: 1}, true}, {pdf.Dict{}, nil, false},
		{stream(long), stream(long), true}, {stream(long), stream(long[1:] + "y"), false}, {stream("a"), stream("ab"), false}, {stream("a"), pdf.Dict{}, false},
	} {
		if got, err := pdf.Equal(tt.a, tt.b); got != tt.want || err != nil {
			t.Errorf("Equal(%v, %v) = %t, %v", tt.a, tt.b, got, err)
		}
	}
}

// FuzzObject: what is read is written so that it is read the same.
func FuzzObject(f *testing.F) {
	for _, seed := range []string{`<</A[1 -2.5 0 R 3 0 R(\(\\q\r)<4e>/N#20x true null]/B<</C()>>>>`, "[[[]]]", `(\376\377\\q\12)`, "1e5", "% c\n[]"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		o, _, err := pdf.ParseObject(text)
		if err != nil {
			return
		}
		written, err := pdf.Append(nil, o)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		again, rest, err := pdf.ParseObject(written)
		if same, _ := pdf.Equal(o, again); !same || err != nil || len(bytes.TrimSpace(rest)) > 0 {
			t.Errorf("%q is written as %q and read as %v, %v", text, written, again, err)
		}
	})
}
