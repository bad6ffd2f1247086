package verifyweb

import (
	"encoding/pem"
	"io"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/page"
	"github.com/openjpki/jpki/pdf"
	"github.com/openjpki/jpki/verify/pkix"
)

// form is the data of the page that asks for a file.
type form struct {
	File, Content, Evidence page.Field
}

func newForm() form {
	return form{
		File: page.Field{Name: "file", Label: page.Say("verify.file"), Hint: page.Say("verify.file_hint", MaxFile>>20), Type: "file"},
		Content: page.Field{Name: "content", Label: page.Say("verify.content"), Hint: page.Say("verify.content_hint"), Type: "file",
			Optional: true},
		Evidence: page.Field{Name: "evidence", Label: page.Say("verify.evidence"), Hint: page.Say("verify.evidence_hint"), Type: "file",
			Multiple: true, Optional: true},
	}
}

func (f form) wrong() bool {
	return f.File.Error != nil || f.Content.Error != nil || f.Evidence.Error != nil
}

// kind is a kind of file that can be judged. Its value is the end of the key of its name.
type kind string

const (
	kindPDF         kind = "pdf"
	kindCMS         kind = "cms"
	kindCertificate kind = "certificate"
)

// TextKey names the kind.
func (k kind) TextKey() string { return "verify.kind_" + string(k) }

// input is what a visitor gave.
type input struct {
	kind    kind
	file    []byte // as it was sent
	object  []byte // what is judged: of PEM the first block
	content []byte // nil if none was given
	given
}

// given is what a visitor knows of others, DER. Anchors are CAs of J-LIS, told by their fingerprints.
type given struct {
	anchors, certificates, crls, ocsps [][]byte
}

// read takes the files out of a form. What is wrong with them stands in the form.
func read(r *http.Request) (input, form) {
	var in input
	f := newForm()
	files, err := uploads(r, "file")
	if err == nil && len(files) == 0 {
		err = fault.New(fault.Invalid, "verify.no_file")
	}
	if err == nil {
		in.file = files[0]
		err = in.recognize()
	}
	f.File.Error = err
	content, err := uploads(r, "content")
	if err == nil && len(content) > 0 {
		in.content = content[0]
	}
	f.Content.Error = err
	evidence, err := uploads(r, "evidence")
	for _, file := range evidence {
		for _, object := range objects(file) {
			if err == nil {
				err = in.take(object)
			}
		}
	}
	f.Evidence.Error = err
	return in, f
}

// uploads returns the files that were chosen for an input. Faults: "verify.too_large".
func uploads(r *http.Request, name string) (all [][]byte, err error) {
	if r.MultipartForm == nil {
		return nil, nil
	}
	for _, header := range r.MultipartForm.File[name] {
		if header.Size > MaxFile {
			return nil, fault.New(fault.Invalid, "verify.too_large", MaxFile>>20)
		}
		data, err := readUpload(header)
		if err != nil {
			return nil, err
		}
		if len(data) > 0 { // a browser sends an empty file for none
			all = append(all, data)
		}
	}
	return all, nil
}

func readUpload(header *multipart.FileHeader) ([]byte, error) {
	file, err := header.Open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(file)
}

// objects returns the DER of everything in a file: the blocks of PEM, or the whole.
func objects(file []byte) (all [][]byte) {
	for rest := file; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		all = append(all, block.Bytes)
	}
	if all == nil {
		all = [][]byte{file}
	}
	return all
}

// signedData is how a signature file begins, after its tag and length: the object identifier of SignedData.
const signedData = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"

// recognize finds out what kind of file it is. Further certificates of a PEM file are taken as given. Faults:
// "verify.unknown_kind", "verify.evidence_alone".
func (in *input) recognize() error {
	if pdf.IsPDF(in.file) {
		in.kind, in.object = kindPDF, in.file
		return nil
	}
	all := objects(in.file)
	in.object = all[0]
	if strings.Contains(string(in.object[:min(len(in.object), 24)]), signedData) {
		in.kind = kindCMS
		return nil
	}
	if _, err := pkix.ParseCertificate(in.object); err != nil {
		if in.take(in.object) == nil {
			return fault.New(fault.Invalid, "verify.evidence_alone")
		}
		return fault.New(fault.Invalid, "verify.unknown_kind")
	}
	in.kind = kindCertificate
	for _, object := range all[1:] {
		if err := in.take(object); err != nil {
			return fault.New(fault.Invalid, "verify.unknown_kind")
		}
	}
	return nil
}

// take sorts a piece of evidence in. Faults: "verify.evidence_unreadable".
func (g *given) take(object []byte) error {
	if c, err := pkix.ParseCertificate(object); err == nil {
		if _, known := jpki.Recognize(c.Fingerprint()); known {
			g.anchors = append(g.anchors, object)
		} else {
			g.certificates = append(g.certificates, object)
		}
		return nil
	}
	if _, err := pkix.ParseCRL(object); err == nil {
		g.crls = append(g.crls, object)
		return nil
	}
	if _, err := pkix.ParseOCSP(object); err == nil {
		g.ocsps = append(g.ocsps, object)
		return nil
	}
	return fault.New(fault.Invalid, "verify.evidence_unreadable")
}
