package post

import (
	"regexp"
	"strings"

	"github.com/openjpki/jpki/internal/authz"
)

// Address names one office as others write to it: the kind of office and, where there are several, which: "ca",
// "counter-99201". At most 32 characters.
type Address string

// Topic is what a stream of messages between two offices is about: "issue". At most 32 characters.
type Topic string

var (
	address = regexp.MustCompile(`^[a-z][a-z0-9_]{0,15}(-[a-z0-9-]{1,15})?$`)
	word    = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)
)

// Valid reports whether the address has the form of one.
func (a Address) Valid() bool { return address.MatchString(string(a)) }

// Office returns the kind of office, which decides what it may do.
func (a Address) Office() authz.Office {
	kind, _, _ := strings.Cut(string(a), "-")
	return authz.Office(kind)
}
