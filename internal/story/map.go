package story

import (
	"net/http"
	"slices"

	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/page"
	"github.com/openjpki/jpki/internal/post"
)

// mapData is the map 通信図: the offices, the lines between them, and what was recorded on them.
type mapData struct {
	Offices []box
	Lines   []wire
	Letters []letterRow
	From    page.Text // the way to which the list is narrowed; nil if it is not
	To      page.Text
	Total   int
}

// box is an office, at its middle.
type box struct {
	Name page.Text
	X, Y int
	Left int // of the frame
	Top  int
}

// wire is a line between two offices. Where no letters go it is drawn, without a number.
type wire struct {
	X1, Y1, X2, Y2 int
	Dashed         bool
	Ways           []way
}

// way is one direction of a line.
type way struct {
	From, To page.Text
	URL      string
	Count    int
	X, Y     int
}

type letterRow struct {
	post.Event
	FromName, ToName page.Text
	Kind             string
	Refused          bool
	Bytes            string // where the visitor finds the content, if it is about his resident
}

// site is where an office stands on the map.
type site struct {
	office post.Address
	name   page.Text
	x, y   int
}

func sites() []site {
	return []site{
		{message.AtRegistry, text(authz.Registry), 130, 60}, {message.AtLink, text(authz.Link), 480, 60},
		{message.AtRevocation, text(authz.Revocation), 830, 60}, {message.AtCA, text(authz.CA), 480, 270},
		{message.AtCounter(app.Mihon.Code), page.Say("story.counter_mihon"), 130, 270},
		{message.AtCounter(app.Rinri.Code), page.Say("story.counter_rinri"), 130, 450},
		{"kiosk", text(authz.Kiosk), 480, 450}, {"agency", text(Agency), 830, 270},
	}
}

// lines are those of the architecture. On a dashed one questions go, no letters: the attributes of a resident, the status of a
// certificate. The kiosk has none: the card alone goes there.
var lines = []struct {
	a, b   post.Address
	dashed bool
}{
	{"registry", "link", false}, {"link", "revocation", false}, {"ca", "link", false}, {"ca", "revocation", false},
	{"counter-99201", "ca", false}, {"counter-99202", "ca", false}, {"registry", "counter-99201", true}, {"agency", "revocation", true},
}

const boxWidth, boxHeight = 200, 64

// getMap draws the map.
//
// Req: R-NET-09
func (s *Story) getMap(p *page.Page[mapData]) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		events, counts := s.Recorder.seen()
		from, to := post.Address(r.URL.Query().Get("from")), post.Address(r.URL.Query().Get("to"))
		d := mapData{}
		for _, o := range sites() {
			d.Offices = append(d.Offices, box{o.name, o.x, o.y + 6, o.x - boxWidth/2, o.y - boxHeight/2})
			if o.office == from {
				d.From = o.name
			}
			if o.office == to {
				d.To = o.name
			}
		}
		for _, n := range counts {
			d.Total += n
		}
		for _, one := range lines {
			d.Lines = append(d.Lines, draw(one.a, one.b, one.dashed, counts))
		}
		v := visitorOf(r)
		v.mu.Lock()
		t := v.tape
		v.mu.Unlock()
		for _, e := range events {
			if d.From != nil && d.To != nil && (e.From != from || e.To != to) {
				continue
			}
			row := letterRow{Event: e, FromName: nameOf(e.From), ToName: nameOf(e.To), Kind: e.Kind.String(), Refused: e.What != post.Carried}
			if step := t.stepOf(e.Message); step != "" {
				row.Bytes = "/story/" + step + "/bytes"
			}
			d.Letters = append(d.Letters, row)
		}
		return p.Show(w, r, d)
	}
}

// place is where an office is drawn.
func place(office post.Address) site {
	all := sites()
	return all[max(0, slices.IndexFunc(all, func(o site) bool { return o.office == office }))]
}

func nameOf(office post.Address) page.Text {
	if o := place(office); o.office == office {
		return o.name
	}
	return page.Say("story.office", string(office))
}

// draw draws a line, with a number for each direction in which letters went: a third of the way from the sender.
func draw(a, b post.Address, dashed bool, counts map[[2]post.Address]int) wire {
	from, to := place(a), place(b)
	l := wire{X1: from.x, Y1: from.y, X2: to.x, Y2: to.y, Dashed: dashed}
	for _, ends := range [][2]site{{from, to}, {to, from}} {
		if n := counts[[2]post.Address{ends[0].office, ends[1].office}]; n > 0 && !dashed {
			near, far := ends[0], ends[1]
			l.Ways = append(l.Ways, way{
				From: near.name, To: far.name, URL: "/map?from=" + string(near.office) + "&to=" + string(far.office), Count: n,
				X: near.x + (far.x-near.x)*2/5, Y: near.y + (far.y-near.y)*2/5,
			})
		}
	}
	return l
}
