package locale

import (
	"errors"
	"strings"

	"github.com/openjpki/jpki/internal/fault"
)

// Explanation tells a person about an error in four parts. None is empty.
type Explanation struct {
	What  string `json:"what"`  // what happened, or did not
	Where string `json:"where"` // at which office, machine or field
	Why   string `json:"why"`   // the reason, as far as this person may know it
	Next  string `json:"next"`  // what the person can do now
}

// Explain returns the explanation of err for a person: that of the first
// *fault.Error in its chain, and for all other errors a general one by kind
// that tells nothing of the inside. The operator reads err.Error() instead.
func Explain(lang Lang, err error) Explanation {
	if e, ok := errors.AsType[*fault.Error](err); ok {
		if text, ok := faults()[e.Key][lang.known()]; ok {
			return text.fill(lang, e.Args)
		}
	}
	return faults()["fault."+fault.KindOf(err).String()][lang.known()]
}

func (e Explanation) fill(lang Lang, args []any) Explanation {
	r := fill(lang, args)
	return Explanation{
		What:  r.Replace(e.What),
		Where: r.Replace(e.Where),
		Why:   r.Replace(e.Why),
		Next:  r.Replace(e.Next),
	}
}

// String returns the four parts, each on a line of its own.
func (e Explanation) String() string {
	return strings.Join([]string{e.What, e.Where, e.Why, e.Next}, "\n")
}
