package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
)

// Her life, of which no two values could be taken for one another, nor for anything else.
const (
	herName   = "𠮷田　𡈽秘"
	certified = "吉田　土秘" // her name with substitute characters
	address1  = "架空県見本市秘密町７丁目８番地９"
	address2  = "架空県隣里市潜伏町４丁目５番地６"
	address3  = "架空県隣里市修正町２丁目３番地８" // as the second is corrected; it has nothing to do with her certificates
	address4  = "架空県隣里市隠棲町１丁目２番地３" // she never applies for anything from there
	authPIN   = "0739"             // as no number is written
	signPIN   = "GEHEIM7391XQ"
	wrongPIN  = "FALSCH2846ZV"
	myNumber  = "864209753186"
)

// Somebody whose name and address are in letters that nobody can apply.
const strayName, strayAddress = "迷子　宛名", "架空県見本市不達町１丁目１番地１"

var herBirth = jpki.Birth{Era: jpki.Showa, Year: 1988, Month: 4, Day: 2}

// values are what is looked for, by the head of the column.
func (n *nation) values() map[string]planted {
	half := func(s string) string { return strings.ReplaceAll(s, "　", " ") }
	return map[string]planted{
		"name":           plant(herName, half(herName)),
		"certified name": plant(certified, half(certified)),
		"1st address":    plant(address1),
		"2nd address":    plant(address2),
		"later address":  plant(address3, address4),
		"birth date": plant("19880402", "1988-04-02", "1988/04/02", "1988/4/2", "1988年4月2日", "昭和63年4月2日", "昭和６３年４月２日", "S63.4.2",
			"2 April 1988", "April 2, 1988", "{51 1988 4 2}", "Year:1988, Month:4"),
		"resident code": plant(string(n.person.Code)),
		"pseudonym":     plant(string(n.holder)),
		"serial number": plantSerial(n.serials...),
		"card number":   plant(n.person.CardSerial),
		"PIN":           union(plantWord(authPIN), plant(signPIN, wrongPIN)),
		"My Number":     plant(myNumber, "8642 0975 3186", "8642-0975-3186", "８６４２０９７５３１８６"),
	}
}

func union(a, b planted) planted {
	a.patterns = append(a.patterns, b.patterns...)
	a.tidy()
	return a
}

// cells are the table of docs/privacy.md: by place and value, "yes", "passes" or "no".
func cells(t *testing.T) map[string]map[string]string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "privacy.md"))
	if err != nil {
		t.Fatal(err)
	}
	table, head := map[string]map[string]string{}, []string(nil)
	for row := range strings.Lines(string(page)) {
		var cell []string
		for c := range strings.SplitSeq(strings.Trim(strings.TrimSpace(row), "|"), "|") {
			cell = append(cell, strings.TrimSpace(c))
		}
		switch {
		case len(cell) < 3 || strings.HasPrefix(cell[0], "-"):
		case cell[0] == "place":
			head = cell
		case strings.HasPrefix(cell[0], "`") && len(cell) == len(head):
			place := strings.Trim(cell[0], "`")
			table[place] = map[string]string{}
			for i, c := range cell[1:] {
				table[place][head[i+1]] = c
			}
		}
	}
	return table
}

// The table of docs/privacy.md is true of a nation in which somebody lives a whole life and everything goes wrong once: what
// may be somewhere is there, and what may not is nowhere, in no encoding.
//
// Req: R-GEN-02, R-REG-01, R-REG-02, R-DAT-08, R-SEC-05, R-AMB-13
func TestPrivacy(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		dir, urls := t.TempDir(), map[post.Address]string{}
		for _, office := range offices() {
			urls[office] = "sqlite:" + filepath.Join(dir, string(office), string(office)+".db")
			if e.Name != "sqlite" {
				urls[office] = e.New(t)
			}
		}
		n := newNation(t, dir, urls)
		n.live()
		n.look(t)
		n.compare(t, cells(t))
		n.compareNumbers(t)
		n.compareStray(t)
	})
}

// look sees all that the nation keeps, while it is at work and after.
func (n *nation) look(t *testing.T) {
	t.Helper()
	for _, office := range offices() {
		n.files(t, string(office)+" at work", filepath.Join(n.Dir, string(office)))
	}
	n.Close()
	n.keeps(t, "")
	n.erase(t)
	n.keeps(t, " erased")
	n.files(t, "cards", filepath.Join(n.Dir, "cards"))
}

// keeps sees what all offices keep.
func (n *nation) keeps(t *testing.T, when string) {
	t.Helper()
	for _, office := range offices() {
		if when != "" && office.Office() != "counter" {
			continue
		}
		n.tables(t, string(office)+when, n.urls[office])
		n.files(t, string(office)+when+" files", filepath.Join(n.Dir, string(office)))
		if path, is := strings.CutPrefix(n.urls[office], "sqlite:"); is {
			n.vacuumed(t, string(office)+when+" files", path)
		}
	}
}

// vacuumed sees a database written anew, in which no value lies in two pieces far apart by an accident of its history.
func (n *nation) vacuumed(t *testing.T, place, path string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "copy.db")
	database := dbtest.Raw(t, "sqlite:"+path)
	defer database.Close()
	if _, err := database.ExecContext(t.Context(), `VACUUM INTO ?`, file); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	n.see(place, data)
}

// compare holds what was seen against the table, in both directions.
func (n *nation) compare(t *testing.T, table map[string]map[string]string) {
	t.Helper()
	for _, place := range n.places() {
		row := strings.TrimSuffix(strings.TrimSuffix(place, " files"), " at work")
		if _, told := table[row]; !told && row != "dead letters" {
			t.Errorf("docs/privacy.md does not tell of %s", row)
		}
	}
	values := n.values()
	for place, row := range table {
		if len(n.seen[place]) == 0 {
			t.Errorf("docs/privacy.md tells of %s, where nothing was seen", place)
		}
		if len(row) != len(values) {
			t.Errorf("docs/privacy.md tells %d values of %s, want %d", len(row), place, len(values))
		}
		for name, value := range values {
			n.compareCell(t, place, name, row[name], value)
		}
	}
}

func (n *nation) compareCell(t *testing.T, place, name, cell string, value planted) {
	t.Helper()
	kept, file, atWork := n.find(place, value), n.find(place+" files", value), n.find(place+" at work", value)
	switch {
	case cell == "yes" && kept == "" && file == "":
		t.Errorf("%s, %s: docs/privacy.md says yes, and it is not there", place, name)
	case cell == "yes":
	case kept != "", file != "":
		t.Errorf("%s, %s: docs/privacy.md says %s, and it is there %s%s", place, name, cell, kept, file)
	case cell == "no" && atWork != "":
		t.Errorf("%s, %s: docs/privacy.md says no, and it is in the files of an office at work %s", place, name, atWork)
	case cell != "no" && cell != "passes":
		t.Errorf("%s, %s: docs/privacy.md says %q, want yes, passes or no", place, name, cell)
	}
}

// compareNumbers: no value of any row, no body of any letter or question holds what could be a My Number.
func (n *nation) compareNumbers(t *testing.T) {
	t.Helper()
	for _, place := range n.places() {
		if strings.HasSuffix(place, " files") || strings.HasSuffix(place, " at work") {
			continue // random bytes and times of the machine
		}
		for _, data := range n.seen[place] {
			if message.MayBeMyNumber(string(data)) {
				t.Errorf("%s has twelve digits in a row", place)
			}
		}
	}
}

// compareStray: what a letter says that can never be applied stays in the dead letter.
func (n *nation) compareStray(t *testing.T) {
	t.Helper()
	for _, text := range []string{strayName, strayAddress} {
		value := plant(text)
		if n.find("dead letters", value) == "" {
			t.Errorf("%s is in no dead letter", text)
		}
		for _, place := range n.places() {
			kept := strings.HasSuffix(place, " files") || strings.HasSuffix(place, " at work") || place == "dead letters"
			if kept || n.asked[place] {
				continue
			}
			if how := n.find(place, value); how != "" {
				t.Errorf("%s is in %s %s, want it in dead letters only", text, place, how)
			}
		}
	}
}

// erase lets the time of all papers be over.
func (n *nation) erase(t *testing.T) {
	t.Helper()
	s, err := app.Open(t.Context(), n.Config)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	erased := int64(0)
	for _, m := range app.Municipalities() {
		desk := s.Offices(m).Counter.(*counter.Service)
		err := desk.Store.Update(t.Context(), func(tx counter.Tx) error {
			count, err := tx.Erase(t.Context(), s.Now().AddDate(desk.Keep+1, 0, 0))
			erased += count
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if erased == 0 {
		t.Error("no papers were erased")
	}
}

// plantSerials makes the next serial numbers of the CAs unmistakable, as if there had been many before them.
func plantSerials(t *testing.T, url string) {
	t.Helper()
	const before = `INSERT INTO record
		(issuer_kind, generation, governor, serial, kind, request, digest, applicant, holder, not_before, not_after, tbs, certificate)
		SELECT kind, generation, governor, CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS TEXT), '', '', 'before', 0, 1, tbs, certificate
		FROM issuer WHERE kind = $4`
	database := dbtest.Raw(t, url)
	defer database.Close()
	for kind, serial := range map[jpki.Kind]int64{jpki.Signing: 0x5EC7A1B2C3D4, jpki.Authentication: 0x6A11C0DEBEEF} {
		result, err := database.ExecContext(t.Context(), before, serial, kind.String(), "before-"+kind.String(), kind.CA().String())
		if err != nil {
			t.Fatal(err)
		}
		if rows, err := result.RowsAffected(); err != nil || rows != 1 {
			t.Fatalf("%d CAs of kind %s, %v, want one", rows, kind, err)
		}
	}
}
