// Command reqs tells which requirements the tests that ran have proved.
//
//	go test -json ./... > results.json
//	go run ./spec/reqs results.json      or: go test -json ./... | go run ./spec/reqs
//
// It runs at the root of the module, reads the output of "go test -json" and prints a line for each requirement:
//
//	R-CRD-07 covered softcard.TestSign pcsc.TestSign/blocked_PIN
//	R-CRD-08 open
//	R-GEN-09 information
//	covered 1 of 2
//
// A requirement is covered if a test that names it in a "// Req:" comment ran and passed; the last line leaves
// information out. The exit status is 1 if no test passed, or if a comment or a list of package spec is malformed.
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/mod/modfile"

	"github.com/openjpki/jpki/spec"
)

func main() {
	input := os.Stdin
	if len(os.Args) > 2 {
		exit(errors.New("usage: go run ./spec/reqs [file]"))
	}
	if len(os.Args) == 2 {
		file, err := os.Open(os.Args[1])
		if err != nil {
			exit(err)
		}
		input = file
	}
	if err := run(os.DirFS("."), input, os.Stdout); err != nil {
		exit(err)
	}
}

func exit(err error) {
	fmt.Fprintln(os.Stderr, "reqs:", err)
	os.Exit(1)
}

// run writes the report on the module at tree, whose tests said input. Faults in comments and lists are reported
// after the rest.
func run(tree fs.FS, input io.Reader, output io.Writer) error {
	results, err := readResults(input)
	if err != nil {
		return err
	}
	gomod, err := fs.ReadFile(tree, "go.mod")
	if err != nil {
		return err
	}
	sources, faults := spec.Load(tree)
	err = report(output, sources, modfile.ModulePath(gomod), results)
	return errors.Join(err, faults)
}
