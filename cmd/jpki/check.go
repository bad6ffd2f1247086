package main

import (
	"context"
	"fmt"

	"github.com/openjpki/jpki/internal/app"
)

func checkAll(ctx context.Context, in *invocation) error {
	data := in.flags.String("data", "", "data folder `DIR` of the sandbox")
	asJSON := in.flags.Bool("json", false, "print JSON")
	if err := in.parse(0, 0); err != nil {
		return err
	}
	if err := in.required("data"); err != nil {
		return err
	}
	records, err := app.RecordsOf(*data)
	if err != nil {
		return err
	}
	r, err := app.Check(ctx, records, app.ClockOf(*data).Now(), nil)
	if err != nil {
		return err
	}
	if *asJSON {
		if err := in.printJSON(r); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(in.stdout, "CA certificates %d, certificates %d (%d not signed yet), revocations %d, lists %d (%d entries), answers %d\n",
			r.Authorities, r.Issues, r.Unsigned, r.Revocations, r.Lists, r.Entries, r.Answers)
		for _, f := range r.Findings {
			fmt.Fprintf(in.stdout, "✗ %s %s: %s\n", f.What, f.Which, f.Why)
		}
		if r.More > 0 {
			fmt.Fprintf(in.stdout, "and %d findings more\n", r.More)
		}
		if r.OK() {
			fmt.Fprintln(in.stdout, "all in order")
		}
	}
	if !r.OK() {
		return errNotOK
	}
	return nil
}
