package main

import (
	"bufio"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/openjpki/jpki/spec"
)

// report prints a line for each requirement and the sum.
func report(w io.Writer, sources *spec.Tree, module string, res results) error {
	proofs := collect(sources.References, module, res)
	out := bufio.NewWriter(w)
	covered, total := 0, 0
	for _, r := range sources.Requirements {
		if r.Information {
			fmt.Fprintln(out, r.ID, "information")
			continue
		}
		total++
		if len(proofs[r.ID]) == 0 {
			fmt.Fprintln(out, r.ID, "open")
			continue
		}
		covered++
		fmt.Fprintln(out, r.ID, "covered", strings.Join(proofs[r.ID], " "))
	}
	fmt.Fprintf(out, "covered %d of %d\n", covered, total)
	return out.Flush()
}

// collect lists for each requirement the passed tests that name it, by package and test: "softcard.TestSign".
func collect(refs []spec.Reference, module string, res results) map[string][]string {
	proofs := map[string][]string{}
	for _, ref := range refs {
		pkg := path.Join(module, ref.Test.Dir)
		if ref.Tag != spec.Req || !res.passed(pkg, ref.Test.Name) {
			continue
		}
		name := path.Base(pkg) + "." + ref.Test.Name
		for _, id := range ref.Items {
			if !slices.Contains(proofs[id], name) {
				proofs[id] = append(proofs[id], name)
			}
		}
	}
	return proofs
}
