package sim_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/sim"
	"github.com/openjpki/jpki/verify/pkix"
)

// past is what two nations with the same people must have in common: nothing of it hangs on a key.
type past struct {
	People map[string]string // what stands in the files of the persons
	Cases  map[string]string // state and times of their cases
	Lists  []string          // the entries of each list: reasons and dates
	// What an office that is opened once more does once more: a responder's certificate takes a serial number, a list is
	// published, acts are written.
	Serials map[string]string // serial numbers of the certificates of their cases
	Listed  []string          // serial numbers of each list
	Dates   []string          // numbers and dates of the lists
	Acts    map[string][]string
}

func pastOf(t *testing.T, s *app.Sandbox, n *sim.Nation) past {
	t.Helper()
	p := past{People: map[string]string{}, Cases: map[string]string{}, Serials: map[string]string{}, Acts: map[string][]string{}}
	known, err := n.Persons(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range known {
		c := caseOf(t, s, k.ID)
		p.People[k.ID] = string(readFile(t, filepath.Join(s.Dir, "cards", k.ID+".json")))
		p.Cases[k.ID] = fmt.Sprint(c.State, c.OpenedAt, c.ChangedAt, c.Fee)
		for _, certificate := range c.Certificates {
			p.Cases[k.ID] += fmt.Sprint(certificate.Kind, certificate.StoredAt)
			p.Serials[k.ID] += fmt.Sprint(certificate.Kind, certificate.Serial)
		}
	}
	lists, err := s.Revocation.Lists(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lists {
		entries, serials, dates := listOf(t, readFile(t, s.Revocation.File(l)))
		p.Lists, p.Listed, p.Dates = append(p.Lists, entries), append(p.Listed, serials), append(p.Dates, dates)
	}
	slices.Sort(p.Lists) // they come in the order of the issuers' keys
	slices.Sort(p.Listed)
	slices.Sort(p.Dates)
	for _, office := range []string{"ca", "revocation", "registry", "link", "counter-99201", "counter-99202"} {
		p.Acts[office] = actsOf(t, filepath.Join(s.Dir, office, office+".db"))
	}
	return p
}

// listOf tells what a list says: its entries, their serial numbers, and the list's number and dates.
func listOf(t *testing.T, encoded []byte) (entries, serials, dates string) {
	t.Helper()
	list, err := pkix.ParseCRL(encoded)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for e := range list.All() {
		all = append(all, fmt.Sprint(e.Reason, " ", e.Date, " ", e.Invalidity))
		serials += fmt.Sprint(e.Serial, "; ")
	}
	slices.Sort(all)
	return strings.Join(all, "; "), serials, fmt.Sprint(list.Number, " ", list.ThisUpdate, " ", list.NextUpdate)
}

// actsOf are the acts of an office in its audit log, with their times. Acts of one second may stand in any order: letters
// come side by side.
func actsOf(t *testing.T, file string) (acts []string) {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{URL: "sqlite:" + file, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	err = d.View(t.Context(), func(tx *db.Tx) error {
		rows, err := tx.Query(t.Context(), `SELECT entry FROM audit_entry ORDER BY seq`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var text string
			var e struct{ Time, Act, Outcome any }
			if err := errors.Join(rows.Scan(&text), json.Unmarshal([]byte(text), &e)); err != nil {
				return err
			}
			acts = append(acts, fmt.Sprint(e.Time, e.Act, e.Outcome))
		}
		return rows.Err()
	})
	if err != nil || len(acts) == 0 {
		t.Fatalf("%d acts in %s, %v", len(acts), file, err)
	}
	slices.Sort(acts)
	return acts
}

// caseOf is the case in which a story person got his certificates.
func caseOf(t *testing.T, s *app.Sandbox, id string) counter.Case {
	t.Helper()
	c, err := s.Offices(app.Mihon).Counter.Case(t.Context(), clerk, app.Mihon.Code+"-story"+id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func equal(t *testing.T, a, b past) {
	t.Helper()
	for id, want := range a.People {
		if b.People[id] != want {
			t.Errorf("person %s:\n%s\nand\n%s", id, want, b.People[id])
		}
		if a.Cases[id] != b.Cases[id] {
			t.Errorf("case of %s:\n%s\nand\n%s", id, a.Cases[id], b.Cases[id])
		}
	}
	if !slices.Equal(a.Lists, b.Lists) {
		t.Errorf("lists:\n%s\nand\n%s", strings.Join(a.Lists, "\n"), strings.Join(b.Lists, "\n"))
	}
	if !maps.Equal(a.Serials, b.Serials) || !slices.Equal(a.Listed, b.Listed) {
		t.Errorf("serial numbers:\n%v, %s\nand\n%v, %s", a.Serials, a.Listed, b.Serials, b.Listed)
	}
	if !slices.Equal(a.Dates, b.Dates) {
		t.Errorf("numbers and dates of lists:\n%s\nand\n%s", strings.Join(a.Dates, "\n"), strings.Join(b.Dates, "\n"))
	}
	for office, acts := range a.Acts {
		if !slices.Equal(acts, b.Acts[office]) {
			t.Errorf("acts of %s differ: %d and %d of them", office, len(acts), len(b.Acts[office]))
		}
	}
}
