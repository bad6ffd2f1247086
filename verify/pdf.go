package verify

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/openjpki/jpki/cms"
	"github.com/openjpki/jpki/pades"
	"github.com/openjpki/jpki/pdf"
)

// PDF judges every signature of a PDF file of size bytes, in all its revisions: form, the bytes it covers, what later
// revisions changed, and then as [Verifier.CMS] does. Later revisions that only fill in the form or annotate give a
// warning, unless a signature forbids it; one that changes what was signed fails the signature, whatever its value. The
// file is read twice or more, never held. The only error is one of reading it.
//
// Req: R-VAL-01
// Spec: ETSI EN 319 102-1 §5.3; ETSI EN 319 142-1 §6; ISO 32000-1 §12.8
func (v *Verifier) PDF(file io.ReaderAt, size int64) (Report, error) {
	at := v.now()
	document, err := pades.Open(file, size)
	s := newSheet(v.config.Policy)
	switch {
	case errors.Is(err, pdf.ErrEncrypted):
		s.fail(checkPDF, unsupported, err.Error())
	case damaged(err):
		s.fail(checkPDF, malformed, err.Error())
	case err != nil:
		return Report{}, fmt.Errorf("reading PDF: %w", err)
	case len(document.Signatures) == 0:
		s.fail(checkPDF, malformed, "no signature in any revision")
	default:
		return v.pdfSignatures(document, at)
	}
	return v.report(at, s.signature("", nil)), nil
}

// damaged tells a fault of the file from one of reading it.
func damaged(err error) bool {
	_, syntax := errors.AsType[*pdf.SyntaxError](err)
	return syntax || errors.Is(err, pdf.ErrWork)
}

func (v *Verifier) pdfSignatures(document *pades.Document, at time.Time) (Report, error) {
	var signatures []Signature
	for _, found := range document.Signatures {
		s := newSheet(v.config.Policy)
		s.pass(checkPDF, fmt.Sprintf("signature in revision %d", found.Revision))
		signature, err := v.pdfSignature(found, s, at)
		if err != nil {
			return Report{}, fmt.Errorf("reading PDF: %w", err)
		}
		signatures = append(signatures, signature)
	}
	return v.report(at, signatures...), nil
}

// pdfSignature judges one signature: form, range, changes, then the CMS signature.
func (v *Verifier) pdfSignature(found *pades.Signature, s *sheet, at time.Time) (Signature, error) {
	switch found.SubFilter {
	case pades.CAdES:
		s.pass(checkSubFilter, string(found.SubFilter))
	case pades.PKCS7:
		s.note(checkSubFilter, Information, string(found.SubFilter)+", the older form, no PAdES")
	default:
		s.fail(checkSubFilter, unsupported, "another form")
		return s.signature("", nil), nil
	}
	if found.Lost {
		s.fail(checkPresent, changedLater, "not in the newest revision")
	}
	if err := found.CheckRange(); err != nil {
		if !errors.Is(err, pades.ErrRange) && !damaged(err) {
			return Signature{}, err
		}
		s.fail(checkRange, malformed, err.Error())
		return s.signature("", nil), nil
	}
	s.pass(checkRange, fmt.Sprintf("bytes 0 to %d", found.End()))
	if err := pdfChanges(found, s); err != nil {
		return Signature{}, err
	}
	if claimed := claimedTime(found.Time); claimed != "" {
		s.note(checkClaimed, Information, "claimed "+claimed)
	}
	return v.pdfContents(found, s, at)
}

// pdfContents judges the CMS signature, which must be the one of a single signer, and detached.
func (v *Verifier) pdfContents(found *pades.Signature, s *sheet, at time.Time) (Signature, error) {
	signed, err := cms.Parse(found.CMS())
	switch {
	case err != nil:
		s.fail(checkFormat, malformed, err.Error())
		return s.signature("", nil), nil
	case len(signed.Signers) != 1 || !signed.Detached:
		s.fail(checkContents, malformed, fmt.Sprintf("%d signers, detached %t, where one detached signature should be", len(signed.Signers), signed.Detached))
		return s.signature("", nil), nil
	}
	signers, err := v.signers(signed, found.Content(), at)
	if err != nil {
		return Signature{}, err
	}
	judged := signers[0]
	s.checks = append(s.checks, judged.Checks...)
	s.worst = worse(s.worst, verdict{judged.Indication, judged.SubIndication})
	return s.signature(judged.Signer, judged.Certificate), nil
}

// claimedTime passes on a date and nothing else that stands in its place.
func claimedTime(m string) string {
	if !strings.HasPrefix(m, "D:") || len(m) > 24 || strings.Trim(m[2:], "0123456789+-Z'") != "" {
		return ""
	}
	return m
}

// changeCures say what to do about a kind of change that is no more than a warning; any that breaks the signature has the
// same cure.
var changeCures = map[pades.Kind]string{
	pades.Form:       "Look at the values of the form: they were entered after signing.",
	pades.Annotation: "Look at the document as it was signed: annotations or fields were added after signing, which may hide what was signed.",
	pades.Metadata:   "Do not rely on title, author and the like: they were changed after signing.",
	pades.Structure:  "Do not rely on what assistive programs read aloud: it was changed after signing.",
	pades.Unused:     "Ask who added objects that nothing shows; another change may be prepared with them.",
}

const changedCure = "Do not accept the document as it is shown: it was changed after signing. Take it as it was signed, up to the byte that is named."

// pdfChanges says what came after the signed revision.
func pdfChanges(found *pades.Signature, s *sheet) error {
	if found.Whole() {
		s.pass(checkCoverage, "to the last byte of the file")
		return nil
	}
	changes, level, err := found.Changes()
	if err != nil {
		if !damaged(err) && !errors.Is(err, pades.ErrRange) {
			return err
		}
		s.fail(checkChanges, unsupported, err.Error())
		return nil
	}
	if len(changes) == 0 {
		s.note(checkCoverage, Warning, fmt.Sprintf("bytes follow the signed ones, from %d on, and change nothing", found.End()))
		return nil
	}
	s.pass(checkCoverage, fmt.Sprintf("the revision that ends at byte %d; others follow", found.End()))
	parts := s.parts()
	for _, change := range changes {
		parts.change(change, level)
	}
	s.group(checkChanges, fmt.Sprintf("after byte %d", found.End()), parts)
	return nil
}

// change notes one kind of change.
func (s *sheet) change(c pades.Change, level int) {
	id := checkChanges + "." + string(c.Kind)
	evidence := "objects " + numbers(c.Objects)
	if level > 0 {
		evidence = join(evidence, fmt.Sprintf("certified at level %d", level))
	}
	warning := changeCures[c.Kind]
	check := Check{ID: id, Clause: "ISO 32000-1 §12.8.2.2", Outcome: Information, Evidence: evidence}
	switch {
	case c.Breaks(level):
		check.Outcome, check.Cure = Failed, changedCure
		s.worst = worse(s.worst, s.policy.meaning(changedLater))
	case warning != "":
		check.Outcome, check.Cure = Warning, warning
	}
	s.checks = append(s.checks, check)
}

// numbers lists the first few.
func numbers(list []int) string {
	const most = 8
	text := strings.Trim(fmt.Sprint(list[:min(most, len(list))]), "[]")
	if len(list) > most {
		text += fmt.Sprintf(" and %d more", len(list)-most)
	}
	return text
}
