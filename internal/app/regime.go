package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/durable"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
)

// Regime names a scheme of the law 制度 under which a nation lives.
type Regime string

// The regimes.
const (
	Modern     Regime = "modern" // one body issues for the whole country, two kinds of certificate
	RegimeOf03 Regime = "2003"   // the governors issue, for signing alone
)

// scheme is what a regime has that another has not. Everything else is the same, or follows the date: how long
// certificates are valid, and what they cost.
type scheme struct {
	regime Regime
	// kinds are those of the certificates of a card.
	kinds []jpki.Kind
	// governors are the issuers by prefecture; nil if one body issues for the whole country.
	governors map[string]jpki.Governor
	// joined says that a network joins counters and register. Otherwise what the register certifies comes on a medium.
	joined bool
	// begin is where the clock of a new nation stands unless it is told; zero is real time.
	begin time.Time
}

// schemes is the table of differences. In both the kiosk makes the keys.
//
// Req: R-AMB-01, R-ACT-04, R-CRT-06, R-SYS-12
func schemes() []scheme {
	return []scheme{
		{regime: Modern, kinds: []jpki.Kind{jpki.Authentication, jpki.Signing}, joined: true},
		{
			regime: RegimeOf03, kinds: []jpki.Kind{jpki.Signing}, governors: map[string]jpki.Governor{
				"Kaku-ken": {English: "Governor of Kaku-ken", Japanese: "架空県知事"},
			},
			begin: time.Date(2004, 1, 29, 9, 0, 0, 0, jpki.Japan),
		},
	}
}

// schemeOf returns the row of a regime. Fault: "app.regime_unknown".
func schemeOf(r Regime) (scheme, error) {
	table := schemes()
	i := slices.IndexFunc(table, func(s scheme) bool { return s.regime == r })
	if i < 0 {
		return scheme{}, fault.New(fault.Invalid, "app.regime_unknown", string(r))
	}
	return table[i], nil
}

// issuers are the names under which a CA of a kind is founded: the prefectures, or one without a name.
func (s scheme) issuers() []string {
	if s.governors == nil {
		return []string{""}
	}
	return slices.Sorted(maps.Keys(s.governors))
}

// kindsAt returns the kinds of certificate that a person of an age may have.
func (s scheme) kindsAt(age int) []jpki.Kind {
	return slices.DeleteFunc(slices.Clone(s.kinds), func(k jpki.Kind) bool { return k == jpki.Signing && age < 15 })
}

// settleRegime returns the scheme of a nation, which is settled when it is new: fresh says that it is. Faults:
// "app.regime_unknown", "app.regime_other".
func settleRegime(dir string, asked Regime, fresh bool) (scheme, error) {
	lived := Modern
	if fresh && asked != "" {
		lived = asked
	}
	s, err := schemeOf(lived)
	if err != nil {
		return s, err
	}
	file := filepath.Join(dir, "regime.json")
	text, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && fresh:
		if text, err = json.Marshal(lived); err != nil {
			return s, err
		}
		return s, durable.Replace(file, append(text, '\n'), 0o600)
	case err == nil:
		err = json.Unmarshal(text, &lived)
	case errors.Is(err, fs.ErrNotExist): // older than the file
		err = nil
	}
	if err != nil {
		return s, fmt.Errorf("reading the regime of the nation: %w", err)
	}
	if asked != "" && asked != lived {
		return s, fault.New(fault.Conflict, "app.regime_other", string(lived))
	}
	return schemeOf(lived)
}

// begin settles under which regime the nation lives, and sets the clock of a new one.
func (s *Sandbox) begin() (err error) {
	_, err = os.Stat(filepath.Join(s.Dir, string(message.AtCA)))
	fresh := err != nil
	if s.scheme, err = settleRegime(s.Dir, s.Regime, fresh); err != nil {
		return err
	}
	if s.Start.IsZero() {
		s.Start = s.scheme.begin
	}
	switch {
	case !fresh || s.Start.IsZero():
		return nil
	case s.Standing:
		return s.Clock.Stop(s.Start)
	}
	return s.Clock.Start(s.Start)
}

// found founds the CAs of a scheme that are missing.
func found(ctx context.Context, authority *ca.Service, s scheme) error {
	issuers, err := authority.Issuers(ctx)
	if err != nil {
		return err
	}
	for _, kind := range s.kinds {
		for _, governor := range s.issuers() {
			stands := func(i ca.Issuer) bool { return i.ID.Kind == kind.CA() && i.ID.Governor == governor }
			if slices.ContainsFunc(issuers, stands) {
				continue
			}
			if _, err := authority.Found(ctx, operator, kind.CA(), governor); err != nil {
				return err
			}
		}
	}
	return nil
}
