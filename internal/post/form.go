package post

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/fault"
)

// Form is a kind of message whose body is M as JSON. Whoever changes M so that old and new bodies differ in more than an
// optional member gives it the next version.
type Form[M any] Kind

// Letter writes a letter of this form.
func (f Form[M]) Letter(to Address, topic Topic, body M) (Letter, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return Letter{}, fmt.Errorf("writing letter %s: %w", Kind(f), err)
	}
	l := Letter{To: to, Topic: topic, Kind: Kind(f), Body: encoded}
	return l, l.Check()
}

// Read reads the body of a message. A body that does not have the form, unknown members included, is the fault
// "post.body".
func (f Form[M]) Read(m Message) (body M, err error) {
	d := json.NewDecoder(bytes.NewReader(m.Body))
	d.DisallowUnknownFields()
	if m.Kind != Kind(f) || d.Decode(&body) != nil {
		return body, fault.New(fault.Invalid, "post.body", m.Kind.String()) // the decoder's words may repeat the body
	}
	if _, err := d.Token(); err != io.EOF {
		return body, fault.New(fault.Invalid, "post.body", m.Kind.String())
	}
	return body, nil
}

// Applying makes the Apply of a [Handler] from a function that takes the body read.
func Applying[T Tx, M any](f Form[M], apply func(ctx context.Context, tx T, e *audit.Entry, from Address, body M) error) func(context.Context, T, *audit.Entry, Message) error {
	return func(ctx context.Context, tx T, e *audit.Entry, m Message) error {
		body, err := f.Read(m)
		if err != nil {
			return err
		}
		return apply(ctx, tx, e, m.From, body)
	}
}
