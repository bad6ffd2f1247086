package sim

import (
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/registry"
)

// scene is a part of the nation's past, in the order of time.
type scene int

// The scenes.
const (
	elders  scene = iota // day -7: the first generation of the CA
	renewal              // day -7: the CAs get new keys
	cards                // day -7: the story persons get their cards
	changes              // day -2: the register notes events
	losses               // day -2: what goes wrong with cards
	today                // the end
	scenes               // how many there are
)

// person is one row of the table of stories.
type person struct {
	id      string
	name    string
	story   string // key of a text
	scene   scene  // in which he gets his card
	born    func(end time.Time) time.Time
	sex     jpki.Sex
	stays   func(end time.Time) time.Time // where the card ends before its time: the last day of his stay
	written string                        // name as the certificate spells it, if differently
	marks   string                        // which of its characters are substitutes
	event   registry.EventKind            // in the scene of changes
	change  func(a *message.Attributes, m *jpki.Municipality)
	lost    bool // he calls the call centre
	locked  bool // he forgets the PIN of his signature key
	expect  app.Expectation
}

var (
	good  = app.Expectation{Sign: app.Good, Auth: app.Good}
	moved = app.Expectation{Sign: app.Revoked, Auth: app.Good, Reason: "affiliationChanged"}
)

// people is the table of stories.
//
// Assumed: what stands in a record in place of an address after a move abroad is not public; here it is 国外転出.
func people() []person {
	return []person{
		{id: "fresh", name: "見本　花子", story: "sim.fresh", scene: today, born: on(1988, 2, 17), sex: jpki.Female, expect: good},
		{id: "renewal", name: "見本　健太", story: "sim.renewal", scene: cards, born: on(1991, 7, 30), sex: jpki.Male, stays: days(45), expect: good},
		{
			id: "expired", name: "見本　ジュリア", story: "sim.expired", scene: cards, born: on(1995, 11, 3), sex: jpki.Female, stays: days(-1),
			expect: app.Expectation{Sign: app.Expired, Auth: app.Expired},
		},
		{
			id: "moved", name: "見本　太郎", story: "sim.moved", scene: cards, born: on(1975, 4, 8), sex: jpki.Male, event: registry.MoveIn, expect: moved,
			change: func(a *message.Attributes, m *jpki.Municipality) {
				a.Address, *m = "架空県隣里市新例町４丁目５番地６", app.Rinri
			},
		},
		{
			id: "renamed", name: "見本　美咲", story: "sim.renamed", scene: cards, born: on(1993, 9, 21), sex: jpki.Female, event: registry.NameChange, expect: moved,
			change: func(a *message.Attributes, _ *jpki.Municipality) { a.Name = "例示　美咲" },
		},
		{
			id: "deceased", name: "見本　松蔵", story: "sim.deceased", scene: cards, born: on(1938, 1, 5), sex: jpki.Male, event: registry.Death,
			expect: app.Expectation{Sign: app.Revoked, Auth: app.Revoked, Reason: "cessationOfOperation"},
		},
		{id: "locked", name: "見本　次郎", story: "sim.locked", scene: cards, born: on(1969, 12, 24), sex: jpki.Male, locked: true, expect: good},
		{id: "substitute", name: "𠮷田　見本", story: "sim.substitute", scene: cards, born: on(1982, 6, 1), sex: jpki.Female, written: "吉田　見本", marks: "10000", expect: good},
		{id: "child", name: "見本　さくら", story: "sim.child", scene: cards, born: younger(10), sex: jpki.Female, expect: app.Expectation{Sign: app.None, Auth: app.Good}},
		{
			id: "overseas", name: "見本　洋", story: "sim.overseas", scene: cards, born: on(1979, 3, 15), sex: jpki.Male, event: registry.MoveAbroad, expect: moved,
			change: func(a *message.Attributes, _ *jpki.Municipality) { a.Address = "国外転出" },
		},
		{
			id: "hold", name: "見本　陽子", story: "sim.hold", scene: cards, born: on(1964, 10, 10), sex: jpki.Female, lost: true,
			expect: app.Expectation{Sign: app.OnHold, Auth: app.OnHold, Reason: "certificateHold"},
		},
		{id: "generation", name: "見本　一郎", story: "sim.generation", scene: elders, born: on(1957, 5, 5), sex: jpki.Male, expect: good},
	}
}

func on(year, month, day int) func(time.Time) time.Time {
	return func(time.Time) time.Time { return time.Date(year, time.Month(month), day, 0, 0, 0, 0, jpki.Japan) }
}

// younger is a birth so many years, and a hundred days, before the end.
func younger(years int) func(time.Time) time.Time {
	return func(end time.Time) time.Time { return midnight(end).AddDate(-years, 0, -100) }
}

// days is the last second of a day so many days after that of the end.
func days(n int) func(time.Time) time.Time {
	return func(end time.Time) time.Time { return midnight(end).AddDate(0, 0, n+1).Add(-time.Second) }
}

// midnight is the beginning of the nation's last day in Japan, which lasts until four in the night: by then the lists of the
// night are there.
func midnight(end time.Time) time.Time {
	year, month, day := end.In(jpki.Japan).Add(-4 * time.Hour).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, jpki.Japan)
}

// begin returns when a scene is played in a nation that ends its past at an instant.
func (s scene) begin(end time.Time) time.Time {
	at := func(day, hour int) time.Time {
		return midnight(end).AddDate(0, 0, day).Add(time.Duration(hour) * time.Hour).UTC()
	}
	switch s {
	case elders:
		return at(-7, 10)
	case renewal:
		return at(-7, 11)
	case cards:
		return at(-7, 12)
	case changes:
		return at(-2, 10)
	case losses:
		return at(-2, 15)
	}
	return end
}

// tell returns the story in a language.
func (p person) tell(lang locale.Lang) string { return locale.Text(lang, p.story) }

// spelling returns how the certificate spells him, nil if as the register does.
func (p person) spelling(a message.Attributes) *counter.Spelling {
	if p.written == "" {
		return nil
	}
	return &counter.Spelling{Name: p.written, NameMarks: p.marks, Address: a.Address, AddressMarks: jpki.NoMarks(a.Address)}
}
