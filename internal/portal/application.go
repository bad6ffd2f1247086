package portal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"regexp"
	"time"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
)

// State says how far an application is.
type State string

const (
	Received State = "received" // 審査待ち
	Accepted State = "accepted" // 受理
	Refused  State = "refused"  // 不受理
)

// TextKey names the state.
func (s State) TextKey() string { return "portal.state_" + string(s) }

// Application is what came, and what came of it.
type Application struct {
	Number     string
	ReceivedAt time.Time
	Document   []byte // see [Form.Document]
	Signature  []byte // CMS, detached
	Judgement
}

// maxSignature is the size of the largest signature file in bytes.
const maxSignature = 64 << 10

var numbers = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// numberOf returns the number of what came: ten letters and digits that nobody guesses who does not have the signature.
func numberOf(document, signature []byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "%d ", len(document))
	h.Write(document)
	h.Write(signature)
	text := numbers.EncodeToString(h.Sum(nil))
	return text[:5] + "-" + text[5:10]
}

var number = regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$`)

// Submit receives a document with its signature and returns the number under which it was received. The same again gets the
// same number. Faults: "portal.document", "portal.size".
//
//  1. Check the form of the document and the sizes. Stopped here: nothing happened.
//  2. Record it as received. Stopped before the commit: nothing happened; the applicant has no receipt and sends again.
//     Stopped after it: received; the same again finds the record.
//
// Assumed: an application travels in the connection alone, without an envelope of its own.
//
// Req: R-APP-07
func (s *Service) Submit(ctx context.Context, actor authz.Actor, document, signature []byte) (string, error) {
	number := numberOf(document, signature)
	entry := audit.Entry{Act: ActSubmit, Law: article, Subject: "application:" + number}
	err := s.guard.Do(ctx, actor, entry, func(tx Tx, e *audit.Entry) error {
		s.Step("Submit 1")
		if len(signature) == 0 || len(signature) > maxSignature {
			return fault.New(fault.Invalid, "portal.size")
		}
		if _, err := ParseDocument(document); err != nil {
			return fault.Wrap(err, fault.Invalid, "portal.document")
		}
		s.Step("Submit 2")
		a := Application{Number: number, ReceivedAt: s.now(), Document: bytes.Clone(document), Signature: bytes.Clone(signature)}
		a.State = Received
		added, err := tx.Add(ctx, a)
		if !added {
			e.Detail["again"] = "yes"
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("receiving an application: %w", err)
	}
	return number, nil
}

// Receipt is what the applicant is told: nothing of what he wrote.
type Receipt struct {
	Number     string
	ReceivedAt time.Time
	Judgement
}

// Receipt returns what is known under a number, to whoever has it. Faults: "portal.no_application".
func (s *Service) Receipt(ctx context.Context, number string) (Receipt, error) {
	a, err := s.find(ctx, number)
	return Receipt{a.Number, a.ReceivedAt, a.Judgement}, err
}

func (s *Service) find(ctx context.Context, wanted string) (a Application, err error) {
	found := false
	if number.MatchString(wanted) {
		err = s.Store.View(ctx, func(tx Tx) (err error) {
			a, found, err = tx.Application(ctx, wanted)
			return err
		})
	}
	if err == nil && !found {
		err = fault.New(fault.NotFound, "portal.no_application")
	}
	return a, err
}

// Read returns an application and its form to a clerk. Faults: "portal.no_application".
func (s *Service) Read(ctx context.Context, actor authz.Actor, number string) (a Application, f Form, err error) {
	found, err := s.find(ctx, number)
	if err != nil {
		return a, f, err
	}
	entry := audit.Entry{Act: ActRead, Law: article, Subject: "application:" + number}
	err = s.guard.Do(ctx, actor, entry, func(Tx, *audit.Entry) (err error) {
		a = found
		f, err = ParseDocument(a.Document)
		return err
	})
	return a, f, err
}

// mostListed bounds the list of a clerk.
const mostListed = 200

// List returns what came, the newest first, without what the applicants wrote.
func (s *Service) List(ctx context.Context, actor authz.Actor) (all []Application, err error) {
	err = s.guard.Do(ctx, actor, audit.Entry{Act: ActList, Law: article}, func(tx Tx, _ *audit.Entry) (err error) {
		all, err = tx.All(ctx, mostListed)
		return err
	})
	return all, err
}
