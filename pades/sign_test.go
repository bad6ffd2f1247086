package pades_test

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/openjpki/jpki/cms"
	"github.com/openjpki/jpki/pades"
	"github.com/openjpki/jpki/pdf"
)

// Two signatures, one after the other, in every style of file: nothing in front is altered, both cover what they should,
// and the second is all that changed after the first.
func TestSign(t *testing.T) {
	s := newSigner(t)
	for _, name := range []string{"table.pdf", "stream.pdf", "linearized.pdf", "linearized-stream.pdf"} {
		t.Run(name, func(t *testing.T) {
			content := sample(t, name)
			once := sign(t, s, content)
			twice := sign(t, s, once)
			if !bytes.HasPrefix(once, content) || !bytes.HasPrefix(twice, once) {
				t.Fatal("the file was altered")
			}
			d := open(t, twice)
			if len(d.Signatures) != 2 {
				t.Fatalf("%d signatures", len(d.Signatures))
			}
			for i, found := range d.Signatures {
				if err := found.CheckRange(); err != nil {
					t.Errorf("signature %d: %v", i+1, err)
				}
				if found.Lost || found.Revision != i+2 || found.Whole() != (i == 1) || found.SubFilter != pades.CAdES || found.Time != "D:20260601120000+09'00'" {
					t.Errorf("signature %d = %+v", i+1, found)
				}
				checkCMS(t, found)
			}
			changes, level, err := d.Signatures[0].Changes()
			if err != nil || level != 0 || len(changes) != 1 || changes[0].Kind != pades.Added || changes[0].Breaks(0) {
				t.Errorf("changes after the first = %v, %d, %v", changes, level, err)
			}
			if changes, _, err := d.Signatures[1].Changes(); err != nil || changes != nil {
				t.Errorf("changes after the second = %v, %v", changes, err)
			}
		})
	}
}

// checkCMS wants a CAdES signature over the bytes, without a time of its own.
//
// Spec: ETSI EN 319 142-1 §6.3
func checkCMS(t *testing.T, found *pades.Signature) {
	t.Helper()
	signed, err := cms.Parse(found.CMS())
	if err != nil {
		t.Fatal(err)
	}
	digests, err := signed.Digest(found.Content())
	if err != nil {
		t.Fatal(err)
	}
	info := signed.Signers[0]
	if err := errors.Join(info.CheckAttributes(cms.Data), info.CheckDigest(digests)); err != nil || !signed.Detached {
		t.Errorf("detached %t, %v", signed.Detached, err)
	}
	if _, ok, err := info.SigningTime(); ok || err != nil {
		t.Errorf("signing time in the CMS: %t, %v", ok, err)
	}
}

// The texts come back, whatever characters they have; fields and annotations that were there stay.
func TestDetails(t *testing.T) {
	content := newForm(nil)
	var out bytes.Buffer
	details := pades.Details{Time: signedAt, Name: "山田", Reason: "髙﨑(承諾)\\", Location: "𠮷野 /ByteRange [0 ", ContactInfo: "plain <00>"}
	if err := newSigner(t).Sign(&out, bytes.NewReader(content), int64(len(content)), details); err != nil {
		t.Fatal(err)
	}
	f := openFile(t, out.Bytes())
	_, root, err := f.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	form, err := f.Dict(root["AcroForm"])
	fields, _ := form["Fields"].(pdf.Array)
	if err != nil || len(fields) != 3 || form["SigFlags"] != int64(3) || form["DA"] == nil {
		t.Fatalf("form = %v, %v", form, err)
	}
	field, err := f.Dict(fields[2])
	if err != nil || field["FT"] != pdf.Name("Sig") || field["T"] != pdf.String("Signature1") {
		t.Errorf("field = %v, %v", field, err)
	}
	shown, err := f.Dict(pdf.Ref{Number: page})
	if annotations, _ := shown["Annots"].(pdf.Array); err != nil || len(annotations) != 4 || annotations[3] != fields[2] {
		t.Errorf("annotations = %v, %v", shown["Annots"], err)
	}
	value, err := f.Dict(field["V"])
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[pdf.Name]string{"Name": details.Name, "Reason": details.Reason, "Location": details.Location, "ContactInfo": details.ContactInfo} {
		if s, _ := value[key].(pdf.String); s.Text() != want {
			t.Errorf("%s = %q, want %q", key, s.Text(), want)
		}
	}
	if err := open(t, out.Bytes()).Signatures[0].CheckRange(); err != nil {
		t.Error(err)
	}
}

// Arrays that stand by themselves are written anew, not the objects that lead to them.
func TestIndirectArrays(t *testing.T) {
	content := revise(t, newForm(nil), func(f *pdf.File, u *pdf.Update) {
		fields, annotations := u.New(), u.New()
		u.Set(fields, pdf.Array{pdf.Ref{Number: textField}})
		u.Set(annotations, pdf.Array{pdf.Ref{Number: textField}})
		set(form, pdf.Dict{"Fields": fields})(f, u)
		set(page, pdf.Dict{"Annots": annotations})(f, u)
	})
	after := openFile(t, sign(t, newSigner(t), content))
	for _, at := range []struct {
		number int
		key    pdf.Name
	}{{form, "Fields"}, {page, "Annots"}} {
		d, err := after.Dict(pdf.Ref{Number: at.number})
		if err != nil {
			t.Fatal(err)
		}
		list, err := after.Array(d[at.key])
		if _, own := d[at.key].(pdf.Ref); err != nil || !own || len(list) != 2 {
			t.Errorf("%s = %v, %v, %v", at.key, d[at.key], list, err)
		}
	}
}

func TestSignRefuses(t *testing.T) {
	s := newSigner(t)
	certified := func(level string) map[int]string {
		return map[int]string{
			form:      "/SigFlags 3",
			textField: "/Kids[<</T(sig)/FT/Sig/V<</Type/Sig/Reference[<</TransformMethod/DocMDP/TransformParams<</P " + level + ">>>>]>>>>]",
		}
	}
	for name, tt := range map[string]struct {
		content []byte
		want    error
	}{
		"encrypted":       {sample(t, "encrypted.pdf"), pdf.ErrEncrypted},
		"certified":       {newForm(certified("1")), pades.ErrCertified},
		"certified less":  {newForm(certified("2")), nil},
		"dynamic XFA":     {newForm(map[int]string{catalog: "/NeedsRendering true", form: "/XFA(x)"}), pades.ErrXFA},
		"static XFA":      {newForm(map[int]string{form: "/XFA(x)"}), nil},
		"fields in loop":  {newForm(map[int]string{textField: "/Kids[8 0 R]"}), new(pdf.SyntaxError)},
		"no page":         {newForm(map[int]string{page: "/Kids[]"}), new(pdf.SyntaxError)},
		"damaged":         {newForm(nil)[:500], new(pdf.SyntaxError)},
		"form not a dict": {newForm(map[int]string{form: ">>/x<<"}), new(pdf.SyntaxError)},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			err := s.Sign(&out, bytes.NewReader(tt.content), int64(len(tt.content)), pades.Details{Time: signedAt})
			if _, syntax := tt.want.(*pdf.SyntaxError); syntax {
				_, ok := errors.AsType[*pdf.SyntaxError](err)
				if !ok {
					t.Errorf("error = %v", err)
				}
			} else if !errors.Is(err, tt.want) {
				t.Errorf("error = %v, want %v", err, tt.want)
			}
			if checked := pades.Check(bytes.NewReader(tt.content), int64(len(tt.content))); name != "no page" && (checked == nil) != (err == nil) {
				t.Errorf("Check = %v, Sign = %v", checked, err)
			}
			if err != nil && out.Len() > 0 {
				t.Errorf("%d bytes were written", out.Len())
			}
		})
	}
	if _, err := pades.New(pades.Config{Level: "T"}); err == nil {
		t.Error("level T: no error")
	}
}

// large is a file whose middle is made as it is read.
type large struct {
	head, tail []byte
	size       int64
}

func (l large) ReadAt(p []byte, at int64) (int, error) {
	n := 0
	for ; n < len(p) && at < l.size; n, at = n+1, at+1 {
		switch {
		case at < int64(len(l.head)):
			p[n] = l.head[at]
		case at >= l.size-int64(len(l.tail)):
			p[n] = l.tail[at-(l.size-int64(len(l.tail)))]
		default:
			p[n] = '.'
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// A large file is never held in memory.
func TestSignLarge(t *testing.T) {
	const size = 64 << 20
	content := newForm(nil)
	start := bytes.LastIndex(content, []byte("xref\n0"))
	tail := string(content[start:])
	head := append(bytes.Clone(content[:start]), '%') // a comment of 64 MiB
	tail = "\n" + tail[:strings.LastIndex(tail, "startxref")]
	tail += "startxref\n" + "67107" + "000" + "\n%%EOF\n"
	file := large{head, []byte(tail), 67107000 - 1 + int64(len(tail))}
	s := newSigner(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := s.Sign(io.Discard, file, file.size, pades.Details{Time: signedAt}); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
		t.Errorf("%d bytes of memory for a file of %d", used, size)
	}
}
