package main

import (
	"context"
	"io"
	"os"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/cms"
	"github.com/openjpki/jpki/internal/durable"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/pades"
)

// maxAttached is the largest file that is signed attached: it is held in memory, unlike a detached one.
const maxAttached = 256 << 20

func sign(ctx context.Context, in *invocation) error {
	t, pinEnv := in.target(), in.pinFlag()
	format := in.flags.String("format", "", "`FORMAT` of the signature: cms or pdf")
	level := in.flags.String("level", "B", "`LEVEL` of the signature: B")
	detached := in.flags.Bool("detached", false, "cms: keep the content out of the signature file")
	from := in.flags.String("in", "", "`FILE` to sign")
	to := in.flags.String("out", "", "`FILE` for the signature, or for the signed PDF")
	details := in.details()
	if err := in.parse(0, 0); err != nil {
		return err
	}
	if err := in.required("format", "in", "out"); err != nil {
		return err
	}
	if *format != "cms" && *format != "pdf" || *level != "B" {
		return fault.New(fault.Invalid, "sign.format", *format, *level)
	}
	content, err := os.Open(*from)
	if err != nil {
		return err
	}
	defer content.Close()
	if *format == "pdf" {
		if err := checkPDF(content); err != nil {
			return err
		}
	}
	c, done, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer done()
	key, ca, err := in.signer(ctx, c, card.Signature, *pinEnv)
	if err != nil {
		return err
	}
	config := cms.Config{Key: key, Certificate: key.Certificate()}
	if ca != nil {
		config.Chain = [][]byte{ca}
	}
	if *format == "pdf" {
		return in.signPDF(config, content, *to, *details)
	}
	return in.signCMS(config, content, *to, *detached)
}

// details declares the flags of a signature in a PDF.
func (in *invocation) details() *pades.Details {
	d := &pades.Details{}
	in.flags.StringVar(&d.Name, "name", "", "pdf: `NAME` of the signer, shown beside the certificate")
	in.flags.StringVar(&d.Reason, "reason", "", "pdf: `TEXT`, why it is signed")
	in.flags.StringVar(&d.Location, "location", "", "pdf: `TEXT`, where it is signed")
	in.flags.StringVar(&d.ContactInfo, "contact", "", "pdf: `TEXT`, how to reach the signer")
	return d
}

// checkPDF refuses a file that cannot be signed before a PIN is asked for.
func checkPDF(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	return pades.Check(file, info.Size())
}

// signPDF writes the signed file in one go; if it fails, nothing is written.
func (in *invocation) signPDF(c cms.Config, file *os.File, to string, details pades.Details) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	s, err := pades.New(pades.Config{Key: c.Key, Certificate: c.Certificate, Chain: c.Chain})
	if err != nil {
		return err
	}
	details.Time = in.now()
	return durable.ReplaceWith(to, 0o644, func(w io.Writer) error { return s.Sign(w, file, info.Size(), details) })
}

func (in *invocation) signCMS(config cms.Config, content io.Reader, to string, detached bool) error {
	s, err := cms.New(config)
	if err != nil {
		return err
	}
	var signature []byte
	if detached {
		signature, err = s.SignDetached(content, in.now())
	} else {
		signature, err = in.signAttached(s, content)
	}
	if err != nil {
		return err
	}
	return durable.Replace(to, signature, 0o644)
}

func (in *invocation) signAttached(s *cms.Signer, content io.Reader) ([]byte, error) {
	whole, err := io.ReadAll(io.LimitReader(content, maxAttached+1))
	if err != nil {
		return nil, err
	}
	if len(whole) > maxAttached {
		return nil, fault.New(fault.Invalid, "sign.too_large", maxAttached>>20)
	}
	return s.SignAttached(whole, in.now())
}
