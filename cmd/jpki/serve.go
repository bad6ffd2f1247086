package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/post"
)

func serve(ctx context.Context, in *invocation) error {
	file := in.flags.String("config", "", "`FILE` with the configuration of one office")
	example := in.flags.String("example", "", "print the configuration of a `ROLE`: ca, revocation, registry, link, counter, kiosk, terminal")
	if err := in.parse(0, 0); err != nil {
		return err
	}
	if *example != "" {
		text, err := app.Example(*example)
		if err != nil {
			return err
		}
		fmt.Fprint(in.stdout, text)
		return nil
	}
	if err := in.required("config"); err != nil {
		return err
	}
	c, err := app.ReadServeConfig(*file)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(in.stderr, nil))
	return app.Serve(ctx, c, log, func() { fmt.Fprintf(in.stdout, "ready %s\n", c.Office) })
}

func certifyOffice(ctx context.Context, in *invocation) error {
	file := in.flags.String("config", "", "`FILE` with the configuration of the CA")
	office := in.flags.String("office", "", "`ADDRESS` of the office, such as counter-99201")
	var hosts names
	in.flags.Var(&hosts, "host", "`NAME` or address under which others reach it; may be repeated")
	out := in.flags.String("out", "", "folder `DIR` for the certificate, its key and the root")
	if err := in.parse(0, 0); err != nil {
		return err
	}
	if err := in.required("config", "office", "out"); err != nil {
		return err
	}
	c, err := app.ReadServeConfig(*file)
	if err != nil {
		return err
	}
	written, err := app.CertifyOffice(ctx, c, post.Address(*office), hosts, *out)
	if err != nil {
		return err
	}
	fmt.Fprintf(in.stdout, "certificate  %s\nkey          %s\nroots        %s\n", written.Certificate, written.Key, written.Roots)
	return nil
}
