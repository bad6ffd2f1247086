package main

import (
	"context"
	"fmt"
	"os"

	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/durable"
	"github.com/openjpki/jpki/internal/locale"
)

func auditVerify(ctx context.Context, in *invocation) error {
	data := in.flags.String("data", "", "data folder `DIR` of the sandbox")
	var against names
	in.flags.Var(&against, "against", "`FILE` with a head kept from an earlier check; may be repeated")
	keep := in.flags.String("keep", "", "`FILE` to write the signed head to, if the log is in order")
	if err := in.parse(0, 0); err != nil {
		return err
	}
	if err := in.required("data"); err != nil {
		return err
	}
	var older []string
	for _, file := range against {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		older = append(older, string(text))
	}
	report, checkpoint, err := app.VerifyAudit(ctx, *data, older...)
	if err != nil {
		return err
	}
	if b := report.Break; b != nil {
		fmt.Fprintf(in.stdout, "audit log: entry %d: %s\n%d entries before it are in order\n", b.Seq, locale.Text(in.lang(), b.Reason.TextKey()), report.Count)
		return errNotOK
	}
	fmt.Fprintf(in.stdout, "audit log: %d entries in order\nhead %s\n", report.Count, report.Head.Hash)
	if *keep != "" {
		return durable.Replace(*keep, []byte(checkpoint), 0o644)
	}
	return nil
}
