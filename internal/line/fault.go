package line

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"

	"github.com/openjpki/jpki/internal/fault"
)

const (
	contentTypeProblem = "application/problem+json"
	maxProblem         = 16 << 10 // in bytes
)

// problem is a fault on the wire. What lies beneath it stays where it happened.
type problem struct {
	Kind string   `json:"kind"`
	Key  string   `json:"key"`
	Args []string `json:"args,omitempty"`
}

// kinds of faults by their words, each with its status.
var kinds = map[string]struct {
	kind   fault.Kind
	status int
}{
	fault.Invalid.String():     {fault.Invalid, http.StatusBadRequest},
	fault.Denied.String():      {fault.Denied, http.StatusForbidden},
	fault.NotFound.String():    {fault.NotFound, http.StatusNotFound},
	fault.Conflict.String():    {fault.Conflict, http.StatusConflict},
	fault.Unavailable.String(): {fault.Unavailable, http.StatusServiceUnavailable},
	fault.Internal.String():    {fault.Internal, http.StatusInternalServerError},
}

// Status is the HTTP status that answers for a kind of fault.
func Status(kind fault.Kind) int { return kinds[kind.String()].status }

var faultKey = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}\.[a-z][a-z0-9_]{0,31}$`)

// Refuse answers a request with a fault: its kind, key and arguments. An error that is none goes back as an internal one,
// without its text.
func Refuse(w http.ResponseWriter, err error) {
	p := problem{Kind: fault.KindOf(err).String(), Key: fault.KeyOf(err)}
	for _, arg := range fault.ArgsOf(err) {
		p.Args = append(p.Args, fmt.Sprint(arg))
	}
	body, encoding := json.Marshal(p)
	if encoding != nil {
		body = []byte("{}") // three strings always encode
	}
	w.Header().Set("Content-Type", contentTypeProblem)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(Status(fault.KindOf(err)))
	_, _ = w.Write(body) // who asked may be gone
}

// Refusal returns the fault with which who answered a request refused it. What tells of none is the fault "line.peer", with
// the name under which the caller knows who answered, and the status.
func Refusal(response *http.Response, from any) error {
	var p problem
	body, err := io.ReadAll(io.LimitReader(response.Body, maxProblem))
	if err != nil || response.Header.Get("Content-Type") != contentTypeProblem || Decode(body, &p) != nil {
		p = problem{}
	}
	k, known := kinds[p.Kind]
	if !known || !faultKey.MatchString(p.Key) {
		return fault.New(fault.Unavailable, "line.peer", from, response.StatusCode)
	}
	args := make([]any, len(p.Args))
	for i, arg := range p.Args {
		args[i] = arg
	}
	return fault.New(k.kind, p.Key, args...)
}
