package tour

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card/softcard"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/check"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/post"
)

// Nation is where a tour takes place: its offices are in this process or beyond lines, the tour does not know.
type Nation struct {
	Home, Away app.Offices // of app.Mihon and app.Rinri
	// Clerk is who acts at the counters, Register who amends resident records.
	Clerk, Register authz.Actor
	Now             func() time.Time
	// Advance moves the nation's clock on. When it returns, what fell due has happened and its letters have arrived.
	Advance func(ctx context.Context, to time.Time) error
	// Validity is where the validity service answers: "http://127.0.0.1:8081".
	Validity string
	// Authorities returns the newest CA certificates, DER.
	Authorities func(ctx context.Context) (map[jpki.Kind][]byte, error)
	// Manufacture makes a person's blank card.
	Manufacture func(ctx context.Context, p app.Person) (*softcard.Card, error)
	// Check examines all that was issued and published.
	Check func(ctx context.Context) (check.Report, error)
}

// Config says what tour to make. Fields without "Optional" must be set.
type Config struct {
	Nation Nation    // set by [InSandbox]
	Dir    string    // where the evidence goes
	PDF    []byte    // the document to sign. Optional; one of our own if nil
	Out    io.Writer // each step is printed there
	// End is when the nation's clock is to stand at the end: now, in real time.
	End func() time.Time
	// Carry wraps the way of letters between two offices of a nation that [InSandbox] founds. Optional.
	Carry func(from, to post.Address, carry post.Carrier) post.Carrier
}

// tour is one tour on its way.
type tour struct {
	Config
	folder
	Report
	person app.Person
	chip   *softcard.Card // her card; nil until it is made
	moved  time.Time
}

// Run makes the tour in a nation. What did not come as expected is in the report; an error says that the tour could not go
// on for another reason, and the report has the steps until then. Either way the folder holds what there is.
func Run(ctx context.Context, c Config) (Report, error) {
	if c.PDF == nil {
		c.PDF = samplePDF()
	}
	t := &tour{Config: c, folder: folder{c.Dir}, person: sakura(c.Nation.Now()), Report: Report{Person: "sakura"}}
	defer func() {
		if t.chip != nil {
			t.chip.Close()
		}
	}()
	err := errors.Join(t.write("document.pdf", c.PDF), t.write("judge.sh", judgeScript))
	for _, chapter := range []func(context.Context) error{t.issue, t.use, t.move, t.after} {
		if err == nil {
			err = chapter(ctx)
		}
	}
	if errors.Is(err, errRefused) {
		err = nil // the last step says so
	}
	return t.Report, errors.Join(err, t.writeReport(t.Report))
}

// errRefused ends a tour after a step that an office refused: what follows would rest on it.
var errRefused = errors.New("an office refused a step of the tour")

// step makes one step and records it. do returns what came; of its errors, those that an office meant for people are what
// came, too.
func (t *tour) step(ctx context.Context, s Step, do func(evidence map[string]string) (got string, err error)) error {
	s.Evidence = map[string]string{}
	if s.Req == nil {
		s.Req = []string{}
	}
	got, err := do(s.Evidence)
	refused := err != nil && ctx.Err() == nil && fault.KindOf(err) != fault.Internal
	switch {
	case refused:
		got, s.Evidence["detail"] = "refused: "+fault.KeyOf(err), err.Error()
	case err != nil:
		return fmt.Errorf("making step %q of the tour: %w", s.ID, err)
	}
	s.Got, s.OK = got, got == s.Expect
	t.Steps = append(t.Steps, s)
	s.tell(t.Out)
	if refused {
		return errRefused
	}
	return nil
}

// each makes steps one after the other.
func each(ctx context.Context, steps ...func(context.Context) error) error {
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}
