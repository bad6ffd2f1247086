package pades_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/openjpki/jpki/pades"
	"github.com/openjpki/jpki/pdf"
)

// ranged is a signed file, and the numbers in its range.
func ranged(t *testing.T) (content []byte, a, b, c int) {
	t.Helper()
	content = sign(t, newSigner(t), newForm(nil))
	at := bytes.Index(content, []byte("/ByteRange [0 "))
	if _, err := fmt.Sscanf(string(content[at:]), "/ByteRange [0 %d %d %d", &a, &b, &c); err != nil {
		t.Fatal(err)
	}
	return content, a, b, c
}

// withRange puts another range in, of the same length.
func withRange(t *testing.T, content []byte, text string) []byte {
	t.Helper()
	from := bytes.Index(content, []byte("/ByteRange [")) + len("/ByteRange ")
	to := from + bytes.IndexByte(content[from:], ']') + 1
	if len(text) > to-from {
		t.Fatalf("%s is too long", text)
	}
	altered := bytes.Clone(content)
	copy(altered[from:to], text+strings.Repeat(" ", to-from-len(text)))
	return altered
}

// The range is exactly that of the whole revision without the contents of this very signature.
func TestRange(t *testing.T) {
	content, a, b, c := ranged(t)
	for name, tt := range map[string]struct{ text, want string }{
		"as signed":          {fmt.Sprintf("[0 %d %d %d]", a, b, c), ""},
		"two":                {fmt.Sprintf("[0 %d]", a), "2 numbers"},
		"six":                {fmt.Sprintf("[0 9 9 %d %d %d]", a-9, b, c), "6 numbers"},
		"none":               {"null", "0 numbers"},
		"negative":           {fmt.Sprintf("[0 %d -%d %d]", a, b, c), "out of the file"},
		"no numbers":         {"[0 /a /b /c]", "out of the file"},
		"beyond":             {fmt.Sprintf("[0 %d %d %d]", a, b, c+1), "from the first byte"},
		"not from the start": {fmt.Sprintf("[1 %d %d %d]", a-1, b, c), "from the first byte"},
		"larger gap":         {fmt.Sprintf("[0 %d %d %d]", a-1, b, c), "own contents"},
		"gap behind":         {fmt.Sprintf("[0 %d %d %d]", a, b+1, c-1), "own contents"},
		"not to the end":     {fmt.Sprintf("[0 %d %d %d]", a, b, c-30), "no revision does"},
		"nothing behind":     {fmt.Sprintf("[0 %d %d 0]", a, b), "no revision does"},
	} {
		t.Run(name, func(t *testing.T) {
			err := open(t, withRange(t, content, tt.text)).Signatures[0].CheckRange()
			if tt.want == "" && err != nil || tt.want != "" && (!errors.Is(err, pades.ErrRange) || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error = %v, want %q", err, tt.want)
			}
		})
	}
}

// A signature copied to a field of another revision covers an older one, in which it is not.
func TestCopiedSignature(t *testing.T) {
	content, _, _, _ := ranged(t)
	copied := revise(t, content, func(f *pdf.File, u *pdf.Update) {
		value, err := f.Dict(pdf.Ref{Number: objects})
		if err != nil || value["ByteRange"] == nil {
			t.Fatalf("value = %v, %v", value, err)
		}
		again := u.New()
		u.Set(again, value)
		set(textField, pdf.Dict{"FT": pdf.Name("Sig"), "V": again})(f, u)
	})
	d := open(t, copied)
	if len(d.Signatures) != 2 {
		t.Fatalf("%d signatures", len(d.Signatures))
	}
	failed := 0
	for _, s := range d.Signatures {
		if errors.Is(s.CheckRange(), pades.ErrRange) {
			failed++
		}
	}
	if failed != 1 {
		t.Errorf("%d of the two signatures fail, want the copy", failed)
	}
}

// Whatever stands around the contents, they are hexadecimal digits and nothing else.
func TestGap(t *testing.T) {
	content, a, b, _ := ranged(t)
	altered := bytes.Clone(content)
	altered[b-10] = ' ' // a reader passes over it
	if err := open(t, altered).Signatures[0].CheckRange(); !errors.Is(err, pades.ErrRange) {
		t.Errorf("space in the contents: %v", err)
	}
	literal := bytes.Clone(content)
	copy(literal[a:], "("+strings.Repeat("0", b-a-2)+")")
	if err := open(t, literal).Signatures[0].CheckRange(); !errors.Is(err, pades.ErrRange) {
		t.Errorf("contents in parentheses: %v", err)
	}
}

// The CMS ends where it says so, in DER and in BER without lengths; zeros fill the room.
func TestCMSEnds(t *testing.T) {
	content, a, b, _ := ranged(t)
	for digits, want := range map[string]string{
		"3003020105": "3003020105", "30800201053080040100000000000000": "3080020105308004010000000000", "3080020105": "",
		"308002010500003003": "30800201050000", "3080300302010500000000": "30803003020105" + "0000", "30801F0100000": "", "308002850000": "",
	} {
		altered := bytes.Clone(content)
		copy(altered[a:], "<"+digits+strings.Repeat("0", b-a-2-len(digits)))
		got := fmt.Sprintf("%X", open(t, altered).Signatures[0].CMS())
		if want != "" && got != want || want == "" && len(got) < len(digits) {
			t.Errorf("%s: %.60s, want %s", digits, got, want)
		}
	}
}

// A signature that a later revision takes away is found all the same.
func TestLostSignature(t *testing.T) {
	content := sign(t, newSigner(t), newForm(nil))
	d := open(t, revise(t, content, set(form, pdf.Dict{"Fields": pdf.Array{pdf.Ref{Number: textField}}})))
	if len(d.Signatures) != 1 || !d.Signatures[0].Lost || d.Signatures[0].CheckRange() != nil {
		t.Fatalf("signatures = %+v", d.Signatures)
	}
	changes, _, err := d.Signatures[0].Changes()
	if err != nil || !has(changes, pades.Removed) {
		t.Errorf("changes = %v, %v", changes, err)
	}
}

func TestTimeStampsAreNoSignatures(t *testing.T) {
	stamped := revise(t, sign(t, newSigner(t), newForm(nil)), func(f *pdf.File, u *pdf.Update) {
		value, field := u.New(), u.New()
		u.Set(value, pdf.Dict{"Type": pdf.Name("DocTimeStamp"), "SubFilter": pdf.Name("ETSI.RFC3161")})
		u.Set(field, pdf.Dict{"FT": pdf.Name("Sig"), "T": pdf.String("stamp"), "V": value})
		d, _ := f.Dict(pdf.Ref{Number: form})
		set(form, pdf.Dict{"Fields": append(d["Fields"].(pdf.Array), field)})(f, u)
	})
	d := open(t, stamped)
	if len(d.Signatures) != 1 || d.TimeStamps != 1 {
		t.Errorf("%d signatures, %d time stamps", len(d.Signatures), d.TimeStamps)
	}
	changes, _, err := d.Signatures[0].Changes()
	if err != nil || len(changes) != 1 || changes[0].Kind != pades.Evidence {
		t.Errorf("changes = %v, %v", changes, err)
	}
}

// FuzzOpen: whatever the file, signatures in it are found or it is refused, and those that cover their revision can be
// compared with the newest.
func FuzzOpen(f *testing.F) {
	s := newSigner(f)
	for _, name := range []string{"table.pdf", "stream.pdf", "linearized-stream.pdf"} {
		once := sign(f, s, sample(f, name))
		f.Add(once)
		f.Add(sign(f, s, once))
	}
	f.Add(revise(f, sign(f, s, newForm(nil)), set(textField, pdf.Dict{"V": pdf.String("1")})))
	f.Fuzz(func(t *testing.T, content []byte) {
		d, err := pades.Open(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			return
		}
		for _, s := range d.Signatures {
			_ = s.CMS()
			if s.CheckRange() == nil {
				_, _, _ = s.Changes()
			}
		}
	})
}
