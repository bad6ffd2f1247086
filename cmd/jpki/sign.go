package main

import (
	"context"
	"io"
	"os"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/cms"
	"github.com/openjpki/jpki/internal/durable"
	"github.com/openjpki/jpki/internal/fault"
)

// maxAttached is the largest file that is signed attached: it is held in memory, unlike a detached one.
const maxAttached = 256 << 20

func sign(ctx context.Context, in *invocation) error {
	t, pinEnv := in.target(), in.pinFlag()
	format := in.flags.String("format", "", "`FORMAT` of the signature: cms")
	level := in.flags.String("level", "B", "`LEVEL` of the signature: B")
	detached := in.flags.Bool("detached", false, "keep the content out of the signature file")
	from := in.flags.String("in", "", "`FILE` to sign")
	to := in.flags.String("out", "", "`FILE` for the signature")
	if err := in.parse(0, 0); err != nil {
		return err
	}
	if err := in.required("format", "in", "out"); err != nil {
		return err
	}
	if *format != "cms" || *level != "B" {
		return fault.New(fault.Invalid, "sign.format", *format, *level)
	}
	content, err := os.Open(*from)
	if err != nil {
		return err
	}
	defer content.Close()
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
	signature, err := in.signCMS(config, content, *detached)
	if err != nil {
		return err
	}
	return durable.Replace(*to, signature, 0o644)
}

func (in *invocation) signCMS(config cms.Config, content io.Reader, detached bool) ([]byte, error) {
	s, err := cms.New(config)
	if err != nil {
		return nil, err
	}
	if detached {
		return s.SignDetached(content, in.now())
	}
	whole, err := io.ReadAll(io.LimitReader(content, maxAttached+1))
	if err != nil {
		return nil, err
	}
	if len(whole) > maxAttached {
		return nil, fault.New(fault.Invalid, "sign.too_large", maxAttached>>20)
	}
	return s.SignAttached(whole, in.now())
}
