package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/pcsc"
	"github.com/openjpki/jpki/card/vpcd"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/pades"
	"github.com/openjpki/jpki/pdf"
)

// report tells a person why a command could not run.
func report(e env, c command, err error) {
	if usage, ok := errors.AsType[usageError](err); ok {
		fmt.Fprintf(e.stderr, "jpki %s: %s\n  usage: jpki %s %s\n  next: run \"jpki help %s\"\n", c.name, usage.problem, c.name, c.args, c.name)
		return
	}
	err = known(err)
	e.explain(e.stderr, "jpki: ", err)
}

// explain writes an error in four parts, and its chain for the operator.
func (e env) explain(w io.Writer, head string, err error) {
	x := locale.Explain(e.lang(), err)
	fmt.Fprintf(w, "%s%s\n", head, x.What)
	for _, part := range []struct{ en, ja, text string }{
		{"where", "どこで", x.Where}, {"why", "なぜ", x.Why}, {"next", "次に", x.Next}, {"detail", "詳細", err.Error()},
	} {
		label := part.en
		if e.lang() == locale.Japanese {
			label = part.ja
		}
		fmt.Fprintf(w, "  %s: %s\n", label, part.text)
	}
}

// causes says how the errors of the public packages are explained to people.
var causes = []struct {
	err  error
	kind fault.Kind
	key  string
}{
	{pcsc.ErrNoService, fault.Unavailable, "pcsc.no_service"},
	{pcsc.ErrServiceStopped, fault.Unavailable, "pcsc.no_service"},
	{pcsc.ErrUnknownReader, fault.NotFound, "pcsc.no_reader"},
	{pcsc.ErrNoCard, fault.Unavailable, "pcsc.no_card"},
	{pcsc.ErrSharing, fault.Conflict, "pcsc.card_in_use"},
	{pcsc.ErrRemovedCard, fault.Conflict, "pcsc.card_removed"},
	{pcsc.ErrResetCard, fault.Conflict, "pcsc.card_removed"},
	{vpcd.ErrNoReader, fault.Unavailable, "vpcd.no_reader"},
	{card.ErrNotJPKI, fault.Invalid, "card.not_jpki"},
	{card.ErrTerminated, fault.Invalid, "card.terminated"},
	{card.ErrBlocked, fault.Conflict, "card.pin_blocked"},
	{card.ErrLastTry, fault.Conflict, "card.pin_last_try"},
	{card.ErrPINFormat, fault.Invalid, "card.pin_form"},
	{card.ErrNoCertificate, fault.NotFound, "card.no_certificate"},
	{jpki.ErrNotJPKI, fault.Invalid, "cert.not_jpki"},
	{audit.ErrCheckpoint, fault.Invalid, "audit.checkpoint"},
	{pdf.ErrEncrypted, fault.Invalid, "pdf.encrypted"},
	{pdf.ErrWork, fault.Invalid, "pdf.damaged"},
	{pades.ErrCertified, fault.Denied, "pdf.certified"},
	{pades.ErrXFA, fault.Invalid, "pdf.xfa"},
	{fs.ErrNotExist, fault.NotFound, "file.missing"},
	{fs.ErrPermission, fault.Denied, "file.forbidden"},
	{os.ErrExist, fault.Conflict, "file.exists"},
}

// known gives an error of a public package its fault.
func known(err error) error {
	if fault.KeyOf(err) != "" {
		return err
	}
	if wrong, ok := errors.AsType[*card.PINError](err); ok && wrong.Retries > 0 {
		return fault.Wrap(err, fault.Invalid, "card.pin_wrong", wrong.Retries)
	}
	if _, ok := errors.AsType[*pdf.SyntaxError](err); ok {
		return fault.Wrap(err, fault.Invalid, "pdf.damaged")
	}
	for _, c := range causes {
		if errors.Is(err, c.err) {
			return fault.Wrap(err, c.kind, c.key)
		}
	}
	return err
}
