package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/tour"
)

// maxDocument is the largest document that the tour takes, in bytes: it is held in memory.
const maxDocument = 256 << 20

func makeTour(ctx context.Context, in *invocation) error {
	out := in.flags.String("out", "", "folder `DIR` for the evidence, empty or absent")
	pdf := in.flags.String("pdf", "", "`FILE` to sign; else a sample")
	if err := in.parse(0, 0); err != nil {
		return err
	}
	if err := in.required("out"); err != nil {
		return err
	}
	c := tour.Config{Dir: *out, Out: in.stdout, End: in.now}
	if *pdf != "" {
		var err error
		if c.PDF, err = readDocument(*pdf); err != nil {
			return err
		}
	}
	report, err := tour.InSandbox(ctx, c)
	if err != nil {
		return err
	}
	return in.tellTour(report, *out)
}

func readDocument(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	document, err := io.ReadAll(io.LimitReader(file, maxDocument+1))
	if err == nil && len(document) > maxDocument {
		err = fault.New(fault.Invalid, "sign.too_large", maxDocument>>20)
	}
	return document, err
}

// tellTour sums a tour up.
func (in *invocation) tellTour(report tour.Report, dir string) error {
	if !report.OK() {
		fmt.Fprintln(in.stdout, "an expectation did not hold")
		return errNotOK
	}
	fmt.Fprintf(in.stdout, "all %d steps as expected\nnext   sh %s\n", len(report.Steps), filepath.Join(dir, "judge.sh"))
	return nil
}
