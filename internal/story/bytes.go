package story

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"strings"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/cms"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/page"
)

// maxDump bounds what is shown of one object, in bytes of text.
const maxDump = 64 << 10

// bytesData is what was recorded of a step.
type bytesData struct {
	Title  page.Text
	URL    string
	Blocks []block
	// Commands to the card, in their order.
	Commands []Item
}

// block is a letter, a form or an object in DER.
type block struct {
	Title     page.Text
	Note      page.Text // may be nil
	Text      string    // decoded
	Raw       string    // as it went, or PEM
	Truncated bool
}

func (s *Story) getBytes(p *page.Page[bytesData]) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		index := stepNamed(r.PathValue("step"))
		if index < 0 {
			return fault.New(fault.NotFound, "page.not_found")
		}
		v, name := visitorOf(r), steps()[index].name
		l, err := s.look(r.Context(), v)
		if err != nil {
			return err
		}
		d := bytesData{Title: page.Say("story.bytes_of", page.Say("story.step_"+name)), URL: "/story/" + name}
		if d.Blocks, err = s.objects(r.Context(), l, name); err != nil {
			return err
		}
		v.mu.Lock()
		t := v.tape
		v.mu.Unlock()
		for _, i := range t.of(name) {
			if i.Command != "" {
				d.Commands = append(d.Commands, i)
			} else {
				d.Blocks = append(d.Blocks, i.block())
			}
		}
		return p.Show(w, r, d)
	}
}

// block shows a letter.
func (i Item) block() block {
	var decoded bytes.Buffer
	b := block{Title: page.Say("story.letter", i.Name, string(i.From), string(i.To), i.Size, i.Time), Raw: i.Body}
	if i.LeftOut > 0 {
		b.Note, b.Raw = page.Say("story.left_out", i.LeftOut), ""
	}
	if json.Indent(&decoded, []byte(i.Body), "", "  ") == nil {
		b.Text = decoded.String()
	}
	return b
}

// objects are what a step made, apart from letters.
func (s *Story) objects(ctx context.Context, l look, name string) (all []block, err error) {
	add := func(b block, wrong error) {
		err = errors.Join(err, wrong)
		all = append(all, b)
	}
	c := l.at(name == "reissue")
	switch name {
	case "application", "register":
		if c.Papers != nil {
			add(asJSON(page.Say("story.form"), c.Form))
		}
		if name == "register" && c.Papers != nil && c.Registered != nil {
			add(asJSON(page.Say("story.registered"), c.Registered))
		}
	case "keys":
		for _, one := range c.Certificates {
			if one.PKCS10 != nil {
				add(asDER(page.Say("story.proof", one.Kind), "CERTIFICATE REQUEST", one.PKCS10, jpki.NameOf))
			}
		}
	case "issue", "reissue":
		for _, one := range c.Certificates {
			if one.Certificate != nil {
				add(asDER(page.Say("story.certificate", one.Kind), "CERTIFICATE", one.Certificate, jpki.NameOf))
			}
		}
	}
	more, wrong := s.filed(ctx, l, name)
	return append(all, more...), errors.Join(err, wrong)
}

// filed are the signature of a step, the answer by which it was judged, and the list on which its certificate stands.
func (s *Story) filed(ctx context.Context, l look, name string) (all []block, err error) {
	add := func(b block, wrong error) {
		err = errors.Join(err, wrong)
		all = append(all, b)
	}
	f := l.Filings[name]
	if name == "verification" {
		f = filing{Answer: l.Filings[firstFiling].Answer}
	}
	if f.Signature != nil {
		add(asDER(page.Say("story.cms"), "CMS", f.Signature, cms.NameOf))
	}
	if f.Answer != nil && name != firstFiling {
		add(asDER(page.Say("story.answer"), "OCSP RESPONSE", f.Answer, jpki.NameOf))
	}
	if name == "refusal" && l.Passed {
		list, wrong := s.Nation.List(ctx, l.signing(false).Certificate)
		if wrong != nil {
			return all, errors.Join(err, wrong)
		}
		add(asDER(page.Say("story.crl"), "X509 CRL", list, jpki.NameOf))
	}
	return all, err
}

func asJSON(title page.Text, value any) (block, error) {
	encoded, err := json.MarshalIndent(value, "", "  ")
	return block{Title: title, Text: string(encoded)}, err
}

// asDER shows an object as a tree and as PEM.
func asDER(title page.Text, label string, encoded []byte, nameOf func(der.OID) string) (block, error) {
	var tree bytes.Buffer
	if err := der.Dump(&tree, encoded, nameOf); err != nil {
		return block{}, err
	}
	b := block{Title: title, Note: page.Say("story.size", len(encoded)), Text: tree.String(), Raw: string(pem.EncodeToMemory(&pem.Block{Type: label, Bytes: encoded}))}
	for _, text := range []*string{&b.Text, &b.Raw} {
		if len(*text) > maxDump {
			*text, b.Truncated = strings.ToValidUTF8((*text)[:maxDump], ""), true
		}
	}
	return b, nil
}
