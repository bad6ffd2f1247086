package line

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"unicode/utf8"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/post"
)

// MaxBody is the greatest size of what is asked, and of what is answered, in bytes.
const MaxBody = 8 << 20

const (
	contentType    = "application/json"
	headerOperator = "Jpki-Operator"
)

// Question is what one office may ask another, by the path at which it answers: Q is what is asked, A what is answered, both
// as JSON.
type Question[Q, A any] string

// Handle answers a question. answer is told who asks; its fault goes back as it is.
func (q Question[Q, A]) Handle(mux *http.ServeMux, answer func(ctx context.Context, actor authz.Actor, from post.Address, asked Q) (A, error)) {
	mux.HandleFunc("POST "+string(q), func(w http.ResponseWriter, r *http.Request) {
		answered, err := q.answer(w, r, answer)
		if err != nil {
			Refuse(w, err)
			return
		}
		Answer(w, answered)
	})
}

func (q Question[Q, A]) answer(w http.ResponseWriter, r *http.Request, answer func(context.Context, authz.Actor, post.Address, Q) (A, error)) ([]byte, error) {
	actor, from, err := Caller(r)
	if err != nil {
		return nil, err
	}
	body, err := Body(w, r, MaxBody)
	if err != nil {
		return nil, err
	}
	var asked Q
	if err := Decode(body, &asked); err != nil {
		return nil, err
	}
	answered, err := answer(r.Context(), actor, from, asked)
	if err != nil {
		return nil, err
	}
	return json.Marshal(answered)
}

// Ask asks an office. Faults: those of the answer, and of [Client.Post].
func (q Question[Q, A]) Ask(ctx context.Context, to *Client, operator string, asked Q) (answered A, err error) {
	body, err := json.Marshal(asked)
	if err != nil {
		return answered, fmt.Errorf("asking %s: %w", to.Office, err)
	}
	answer, err := to.Post(ctx, string(q), operator, body)
	if err != nil {
		return answered, err
	}
	if err := Decode(answer, &answered); err != nil {
		return answered, fault.New(fault.Unavailable, "line.answer_invalid", to.Office)
	}
	return answered, nil
}

// Caller returns who sent a request: the office that its certificate names, and the operator that it tells of. Faults:
// "line.no_office", "line.operator".
func Caller(r *http.Request) (authz.Actor, post.Address, error) {
	from, err := Peer(r.TLS)
	if err != nil {
		return authz.Actor{}, "", err
	}
	operators := r.Header.Values(headerOperator)
	if len(operators) > 1 {
		return authz.Actor{}, "", fault.New(fault.Invalid, "line.operator")
	}
	actor := authz.Actor{Office: from.Office(), Operator: r.Header.Get(headerOperator)}
	if !authz.ValidOperator(actor.Operator) {
		return authz.Actor{}, "", fault.New(fault.Invalid, "line.operator")
	}
	return actor, from, nil
}

// Body returns the JSON of a POST request, at most limit bytes, not decoded. Everything else is the fault
// "line.question_invalid".
func Body(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != contentType {
		return nil, fault.New(fault.Invalid, "line.question_invalid")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "line.question_invalid")
	}
	return body, nil
}

// Decode reads one JSON value and nothing else, in UTF-8, whose members v knows. Everything else is the fault
// "line.question_invalid". The fault has no cause: the decoder's words may repeat what was asked.
//
// Spec: RFC 8259 §8.1
func Decode(body []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if !utf8.Valid(body) || d.Decode(v) != nil {
		return fault.New(fault.Invalid, "line.question_invalid")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fault.New(fault.Invalid, "line.question_invalid")
	}
	return nil
}

// Answer answers a request with JSON.
func Answer(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body) // who asked may be gone
}
