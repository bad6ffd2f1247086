package main

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/pdf"
	"github.com/openjpki/jpki/verify"
)

// evidence are the files that a judgement rests on.
type evidence struct {
	trust, untrusted, crl, ocsp names
	at                          string
}

// evidence declares the flags that both judging commands have.
func (in *invocation) evidence() *evidence {
	e := &evidence{}
	in.flags.Var(&e.trust, "trust", "`PEM` file with certificates of trusted CAs; may be repeated")
	in.flags.Var(&e.crl, "crl", "`FILE` with a CRL, DER or PEM; may be repeated")
	in.flags.Var(&e.ocsp, "ocsp", "`FILE` with an OCSP response, DER; may be repeated")
	in.flags.StringVar(&e.at, "at", "", "judge for this `TIME`, as 2026-04-01T12:00:00Z; else for now")
	return e
}

// config reads the files.
func (in *invocation) config(e *evidence) (c verify.Config, err error) {
	if c.At, err = in.judgedFor(e.at); err != nil {
		return c, err
	}
	for _, from := range []struct {
		files names
		to    *[][]byte
	}{{e.trust, &c.Anchors}, {e.untrusted, &c.Certificates}, {e.crl, &c.CRLs}, {e.ocsp, &c.OCSP}} {
		for _, file := range from.files {
			objects, err := readObjects(file)
			if err != nil {
				return c, err
			}
			*from.to = append(*from.to, objects...)
		}
	}
	if len(c.Anchors) == 0 {
		return c, fault.New(fault.Invalid, "verify.no_anchors")
	}
	return c, nil
}

// judgedFor returns the time that a flag -at names, now if it is not given.
func (in *invocation) judgedFor(at string) (time.Time, error) {
	if at == "" {
		return in.now(), nil
	}
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return t, usageError{"-at is not of the form 2026-04-01T12:00:00Z"}
	}
	return t, nil
}

// readObjects returns the DER of everything in a file: the blocks of PEM, or the whole.
func readObjects(file string) (objects [][]byte, err error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	for rest := content; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		objects = append(objects, block.Bytes)
	}
	if objects == nil {
		objects = [][]byte{content}
	}
	return objects, nil
}

func verifyFile(_ context.Context, in *invocation) error {
	e := in.evidence()
	data := in.flags.String("data", "", "data folder `DIR` of a sandbox, whose CAs are trusted")
	contentFile := in.flags.String("content", "", "`FILE` that a detached signature is on")
	policy := in.flags.String("policy", string(verify.JPKI), "`NAME`: jpki, as received now, or etsi, where an earlier time may be proved")
	asJSON := in.flags.Bool("json", false, "print JSON")
	if err := in.parse(1, 1); err != nil {
		return err
	}
	if *data != "" {
		files, err := app.CAFiles(*data)
		if err != nil {
			return err
		}
		e.trust = append(e.trust, files...)
	}
	c, err := in.config(e)
	if err != nil {
		return err
	}
	if c.Policy = verify.Policy(*policy); c.Policy != verify.JPKI && c.Policy != verify.ETSI {
		return usageError{"-policy is neither jpki nor etsi"}
	}
	v, err := verify.New(c)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "verify.input")
	}
	report, err := judge(v, in.flags.Arg(0), *contentFile)
	if err != nil {
		return err
	}
	return in.tell(report, *asJSON)
}

// signedData is how a signature file begins, after its tag and length: the object identifier of SignedData.
const signedData = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"

// judge looks at a PDF, a signature file or a certificate.
func judge(v *verify.Verifier, file, contentFile string) (verify.Report, error) {
	if report, ok, err := judgePDF(v, file); ok || err != nil {
		return report, err
	}
	objects, err := readObjects(file)
	if err != nil {
		return verify.Report{}, err
	}
	object := objects[0]
	if !strings.Contains(string(object[:min(len(object), 24)]), signedData) {
		return v.Certificate(object), nil
	}
	if contentFile == "" {
		return v.CMS(object, nil)
	}
	content, err := os.Open(contentFile)
	if err != nil {
		return verify.Report{}, err
	}
	defer content.Close()
	return v.CMS(object, content)
}

// judgePDF looks at a file if it is a PDF.
func judgePDF(v *verify.Verifier, name string) (report verify.Report, ok bool, err error) {
	file, err := os.Open(name)
	if err != nil {
		return report, false, err
	}
	defer file.Close()
	head := make([]byte, 8)
	if n, _ := file.ReadAt(head, 0); !pdf.IsPDF(head[:n]) {
		return report, false, nil
	}
	info, err := file.Stat()
	if err != nil {
		return report, false, err
	}
	report, err = v.PDF(file, info.Size())
	return report, true, err
}

// usages are the extended key usages that have a name on the command line.
var usages = map[string]der.OID{
	"":           "",
	"serverAuth": der.MustOID("1.3.6.1.5.5.7.3.1"), "clientAuth": der.MustOID("1.3.6.1.5.5.7.3.2"),
	"codeSigning": der.MustOID("1.3.6.1.5.5.7.3.3"), "emailProtection": der.MustOID("1.3.6.1.5.5.7.3.4"),
	"timeStamping": der.MustOID("1.3.6.1.5.5.7.3.8"), "OCSPSigning": der.MustOID("1.3.6.1.5.5.7.3.9"),
}

func certVerify(_ context.Context, in *invocation) error {
	e := in.evidence()
	in.flags.Var(&e.untrusted, "untrusted", "`PEM` file with certificates that may stand in between; may be repeated")
	var policies names
	in.flags.Var(&policies, "policy-oid", "`OID` of an acceptable certificate policy; may be repeated")
	explicit := in.flags.Bool("explicit-policy", false, "the path must be valid for an acceptable policy")
	inhibitMapping := in.flags.Bool("inhibit-mapping", false, "policies are not mapped")
	inhibitAny := in.flags.Bool("inhibit-any", false, "anyPolicy does not count")
	eku := in.flags.String("eku", "", "`NAME` of the extended key usage it must allow, such as clientAuth")
	asJSON := in.flags.Bool("json", false, "print JSON")
	if err := in.parse(1, 1); err != nil {
		return err
	}
	c, err := in.config(e)
	if err != nil {
		return err
	}
	c.Policy, c.ExplicitPolicy, c.InhibitMapping, c.InhibitAny = verify.RFC5280, *explicit, *inhibitMapping, *inhibitAny
	for _, dotted := range policies {
		oid, err := der.ParseOID(dotted)
		if err != nil {
			return usageError{err.Error()}
		}
		c.Acceptable = append(c.Acceptable, oid)
	}
	var known bool
	if c.Usage, known = usages[*eku]; !known {
		return usageError{"-eku " + *eku + " is not a name of an extended key usage"}
	}
	objects, err := readObjects(in.flags.Arg(0))
	if err != nil {
		return err
	}
	v, err := verify.New(c)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "verify.input")
	}
	return in.tell(v.Certificate(objects[0]), *asJSON)
}

// errIndeterminate ends a command that could not come to a verdict.
var errIndeterminate = errors.New("indeterminate")

// tell prints a report and ends the command with its exit status.
func (in *invocation) tell(r verify.Report, asJSON bool) error {
	if asJSON {
		if err := in.printJSON(r); err != nil {
			return err
		}
	} else {
		fmt.Fprintln(in.stdout, strings.TrimSpace(string(r.Indication)+" "+string(r.SubIndication)))
		for _, s := range r.Signatures {
			fmt.Fprintf(in.stdout, "\nsignature by %s: %s\n", s.Signer, strings.TrimSpace(string(s.Indication)+" "+string(s.SubIndication)))
			printChecks(in.stdout, s.Checks, "  ")
		}
	}
	switch r.Indication {
	case verify.TotalPassed:
		return nil
	case verify.TotalFailed:
		return errNotOK
	}
	return errIndeterminate
}

var marks = map[verify.Outcome]string{
	verify.Passed: "✓", verify.Failed: "✗", verify.Undetermined: "?", verify.Warning: "!", verify.Skipped: "-", verify.Information: "·",
}

func printChecks(w io.Writer, checks verify.Checks, indent string) {
	for _, c := range checks {
		fmt.Fprintf(w, "%s%s %s (%s) %s\n", indent, marks[c.Outcome], c.ID, c.Clause, c.Evidence)
		if c.Cure != "" {
			fmt.Fprintf(w, "%s    %s\n", indent, c.Cure)
		}
		printChecks(w, c.Checks, indent+"  ")
	}
}
