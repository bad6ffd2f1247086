package main

import (
	"context"
	"fmt"
	"os"

	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/durable"
	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
)

func auditVerify(ctx context.Context, in *invocation) error {
	data := in.flags.String("data", "", "data folder `DIR` of the sandbox")
	office := in.flags.String("office", string(message.AtCA), "`ADDRESS` of the office whose log it is")
	var against names
	in.flags.Var(&against, "against", "`FILE` with a head kept from an earlier check; may be repeated")
	keyFile := in.flags.String("key", "", "`FILE` with the office's public audit key as you kept it; else the one in the data folder")
	keep := in.flags.String("keep", "", "`FILE` to write the signed head to, if the log is in order")
	if err := in.parse(0, 0); err != nil {
		return err
	}
	if err := in.required("data"); err != nil {
		return err
	}
	var kept []string // the key first, then the heads
	for _, file := range append([]string{*keyFile}, against...) {
		text, err := readKept(file)
		if err != nil {
			return err
		}
		kept = append(kept, text)
	}
	report, checkpoint, err := app.VerifyAudit(ctx, *data, post.Address(*office), kept[0], kept[1:]...)
	if err != nil {
		return err
	}
	if b := report.Break; b != nil {
		place := fmt.Sprintf("entry %d", b.Seq)
		if b.Seq == 0 {
			place = "head"
		}
		fmt.Fprintf(in.stdout, "audit log: %s: %s\n%d entries before it are in order\n", place, locale.Text(in.lang(), b.Reason.TextKey()), report.Count)
		return errNotOK
	}
	fmt.Fprintf(in.stdout, "audit log: %d entries in order\nhead %s\n", report.Count, report.Head.Hash)
	if *keep != "" {
		return durable.Replace(*keep, []byte(checkpoint), 0o644)
	}
	return nil
}

// readKept reads what an auditor kept in a file; no file is "".
func readKept(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	text, err := os.ReadFile(file)
	return string(text), err
}
