package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/openjpki/jpki/internal/authz"
)

// Outcome says how an act ended.
type Outcome string

const (
	Allowed Outcome = "allowed" // permitted and done
	Denied  Outcome = "denied"  // not permitted, not done
	Failed  Outcome = "failed"  // permitted, but not done
)

// Entry is one record. It holds identifiers only; see the package comment.
type Entry struct {
	Time    time.Time   // whole seconds; the store sets it to the time of the transaction
	Actor   authz.Actor // who
	Act     authz.Act   // did what, "ca.issue"
	Subject string      // to what: an identifier such as "serial:12"; may be empty
	// Law is the article that the act rests on, "公的個人認証法第3条". Empty if it
	// rests on none.
	Law     string
	Outcome Outcome
	// Detail holds a few more identifiers, numbers or fixed words by name.
	Detail map[string]string
}

// ErrEntry is the error of an entry that breaks the rules of the encoding. It
// wraps nothing and names the field, never its value.
var ErrEntry = errors.New("invalid audit entry")

// maxDetail is the greatest number of details in an entry.
const maxDetail = 16

var (
	word       = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)
	verb       = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}(\.[a-z][a-z0-9_]{0,31}){1,3}$`)
	identifier = regexp.MustCompile(`^[A-Za-z0-9._:/+=-]{0,128}$`)
	article    = regexp.MustCompile(`^[\p{L}\p{N}§・. ]{0,64}$`)
)

// line is the encoding of an entry, member by member.
type line struct {
	Version  int               `json:"v"`
	Time     int64             `json:"time"`
	Office   authz.Office      `json:"office"`
	Operator string            `json:"operator"`
	Act      authz.Act         `json:"act"`
	Subject  string            `json:"subject"`
	Law      string            `json:"law"`
	Outcome  Outcome           `json:"outcome"`
	Detail   map[string]string `json:"detail"`
}

// Encode returns the one encoding of the entry, or an error that wraps
// [ErrEntry].
func (e Entry) Encode() (string, error) {
	if err := e.check(); err != nil {
		return "", err
	}
	detail := e.Detail
	if detail == nil {
		detail = map[string]string{}
	}
	data, err := json.Marshal(line{
		Version: 1, Time: e.Time.Unix(), Office: e.Actor.Office, Operator: e.Actor.Operator,
		Act: e.Act, Subject: e.Subject, Law: e.Law, Outcome: e.Outcome, Detail: detail,
	})
	return string(data), err
}

func (e Entry) check() error {
	switch {
	case !word.MatchString(string(e.Actor.Office)):
		return fmt.Errorf("%w: office", ErrEntry)
	case !identifier.MatchString(e.Actor.Operator):
		return fmt.Errorf("%w: operator", ErrEntry)
	case !verb.MatchString(string(e.Act)):
		return fmt.Errorf("%w: act", ErrEntry)
	case !identifier.MatchString(e.Subject):
		return fmt.Errorf("%w: subject", ErrEntry)
	case !article.MatchString(e.Law):
		return fmt.Errorf("%w: law", ErrEntry)
	case e.Outcome != Allowed && e.Outcome != Denied && e.Outcome != Failed:
		return fmt.Errorf("%w: outcome", ErrEntry)
	case len(e.Detail) > maxDetail:
		return fmt.Errorf("%w: more than %d details", ErrEntry, maxDetail)
	}
	for key, value := range e.Detail {
		if !word.MatchString(key) || !identifier.MatchString(value) {
			return fmt.Errorf("%w: detail", ErrEntry)
		}
	}
	return nil
}

// Parse reads the encoding of an entry. It accepts only what [Entry.Encode]
// returns; every other text is an error that wraps [ErrEntry].
func Parse(text string) (Entry, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	var l line
	if err := d.Decode(&l); err != nil {
		return Entry{}, fmt.Errorf("%w: not an encoding", ErrEntry)
	}
	e := Entry{
		Time:  time.Unix(l.Time, 0).UTC(),
		Actor: authz.Actor{Office: l.Office, Operator: l.Operator},
		Act:   l.Act, Subject: l.Subject, Law: l.Law, Outcome: l.Outcome, Detail: l.Detail,
	}
	canonical, err := e.Encode()
	if err != nil {
		return Entry{}, err
	}
	if canonical != text {
		return Entry{}, fmt.Errorf("%w: not the canonical encoding", ErrEntry)
	}
	return e, nil
}
