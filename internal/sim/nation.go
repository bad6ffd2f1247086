package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/durable"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/internal/message"
)

// Config says which people a new nation has.
type Config struct {
	Dir string
	// Seed and Residents are what the people follow from, and how many have no story. 0 is that of the folder, in a new one
	// [DefaultSeed] and [DefaultResidents].
	Seed      uint64
	Residents int
	// End is when the past ends and the clock begins to run. Optional; real time if zero.
	End time.Time
	// Step is told of each scene as it begins. Optional.
	Step func(string)
}

// What a new nation is made of unless it is told.
const (
	DefaultSeed      = 1
	DefaultResidents = 100
	MaxResidents     = 100_000
)

// Nation is the people of a data folder.
type Nation struct {
	dir  string
	step func(string)
	kept
}

// kept is what stands in the folder. The zero value is a nation that was founded otherwise: without story persons.
type kept struct {
	Seed      uint64    `json:"seed"`
	Residents int       `json:"residents"`
	End       time.Time `json:"end"`
	Live      bool      `json:"live"`   // the past ends at the present time
	Scenes    scene     `json:"scenes"` // that are played
}

// Open reads which nation a folder holds, or settles it for a new one. Fault: "sim.other".
func Open(c Config) (*Nation, error) {
	n := &Nation{dir: c.Dir, step: c.Step}
	if n.step == nil {
		n.step = func(string) {}
	}
	text, err := os.ReadFile(n.file())
	switch {
	case err == nil:
		err = json.Unmarshal(text, &n.kept)
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(filepath.Join(c.Dir, string(message.AtCA))); err == nil {
			return n, nil
		}
		n.kept, err = settle(c), n.save(settle(c))
	}
	if err != nil {
		return nil, fmt.Errorf("reading which nation it is: %w", err)
	}
	if c.Seed != 0 && c.Seed != n.Seed || c.Residents != 0 && c.Residents != n.Residents {
		return nil, fault.New(fault.Conflict, "sim.other", n.Seed, n.Residents)
	}
	return n, nil
}

func settle(c Config) kept {
	k := kept{Seed: c.Seed, Residents: c.Residents, End: c.End, Live: c.End.IsZero()}
	if k.Seed == 0 {
		k.Seed = DefaultSeed
	}
	if k.Residents == 0 {
		k.Residents = DefaultResidents
	}
	if k.Live {
		k.End = time.Now()
	}
	k.End = k.End.UTC().Truncate(time.Second)
	return k
}

func (n *Nation) file() string { return filepath.Join(n.dir, "nation.json") }

func (n *Nation) save(k kept) error {
	text, err := json.Marshal(k)
	if err != nil {
		return err
	}
	return durable.Replace(n.file(), append(text, '\n'), 0o600)
}

// Begin returns when the nation is founded, by its own clock; zero if it was founded otherwise.
func (n *Nation) Begin() time.Time {
	if n.End.IsZero() {
		return time.Time{}
	}
	return elders.begin(n.End)
}

// Persons returns the story persons who have their cards, with what a verifier must find of them now.
func (n *Nation) Persons(s *app.Sandbox) (known []app.Known, err error) {
	if n.End.IsZero() {
		return nil, nil
	}
	table := people()
	for i, h := range holders(n.Seed, n.End) {
		p, err := app.LoadPerson(n.dir, h.ID)
		if err != nil {
			if key := fault.KeyOf(err); key == "app.no_person" || key == "app.card_unfinished" {
				continue // not yet
			}
			return nil, err
		}
		file, err := app.CardFile(n.dir, h.ID)
		if err == nil {
			file, err = filepath.Abs(file)
		}
		if err != nil {
			return nil, err
		}
		known = append(known, app.Known{
			ID: h.ID, Name: p.Attributes.Name, Story: table[i].tell(locale.English), StoryJA: table[i].tell(locale.Japanese),
			Card: file, PINs: p.PINs, Expect: table[i].expectAt(s.Now(), lastSecond(h, table[i].scene.begin(n.End))),
		})
	}
	return known, nil
}

// lastSecond is when the certificates of a story person end.
func lastSecond(h app.Person, issued time.Time) time.Time {
	return slices.MinFunc([]time.Time{ca.Birthday(h.Attributes.Birth, 5, issued), h.CardEnd}, time.Time.Compare)
}

// expectAt is what a verifier must find at an instant.
func (p person) expectAt(at, last time.Time) app.Expectation {
	e := p.expect
	if !at.After(last) {
		return e
	}
	for _, status := range []*app.Verdict{&e.Sign, &e.Auth} {
		if *status != app.None {
			*status, e.Reason = app.Expired, ""
		}
	}
	return e
}
