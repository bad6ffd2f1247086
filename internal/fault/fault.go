package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what a caller can do about an error.
type Kind int

const (
	Internal    Kind = iota // a bug or a broken dependency; the zero value
	Invalid                 // correct the request and try again
	Denied                  // this actor may not do this
	NotFound                // there is no such thing
	Conflict                // the thing is no longer in the state that the request assumed
	Unavailable             // nothing is wrong with the request; try later
)

// String returns the kind as one lower-case word, such as "not_found".
func (k Kind) String() string {
	switch k {
	case Invalid:
		return "invalid"
	case Denied:
		return "denied"
	case NotFound:
		return "not_found"
	case Conflict:
		return "conflict"
	case Unavailable:
		return "unavailable"
	}
	return "internal"
}

// Error carries a kind, a message key for the person and the cause for the
// operator.
type Error struct {
	Kind Kind
	Key  string // "ca.double_issue"; its texts are in package locale
	Args []any  // fill the places {1}, {2}, … of the texts; never personal data
	Err  error  // the cause; nil if there is none beneath
}

// New returns an *Error without a cause.
func New(kind Kind, key string, args ...any) error {
	return &Error{Kind: kind, Key: key, Args: args}
}

// Wrap returns an *Error whose cause is err.
func Wrap(err error, kind Kind, key string, args ...any) error {
	return &Error{Kind: kind, Key: key, Args: args, Err: err}
}

// Error returns the operator's view, "db.schema_newer(audit, 3): cause". People
// read the text of Key instead.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Key)
	if len(e.Args) > 0 {
		args := make([]string, len(e.Args))
		for i, arg := range e.Args {
			args[i] = fmt.Sprint(arg)
		}
		b.WriteString("(" + strings.Join(args, ", ") + ")")
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the first *Error in err's chain, else Internal.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// KeyOf returns the key of the first *Error in err's chain, else "".
func KeyOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Key
	}
	return ""
}

// ArgsOf returns the arguments of the first *Error in err's chain, else nil.
func ArgsOf(err error) []any {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Args
	}
	return nil
}
