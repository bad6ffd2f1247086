package story

import (
	"context"
	"encoding/json"
	"slices"
	"sync"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
)

const (
	maxEvents = 500 // on the map
	maxLoose  = 200 // letters of whom nobody knows yet about whom they are
)

// Recorder sees every letter of a nation: of all the envelope, for the map; of those about a visitor's resident the content,
// for his tape. It is made before the nation, whose configuration takes [Recorder.Carry] and [Recorder.Observe].
type Recorder struct {
	mu     sync.Mutex
	events []post.Event // the newest last
	counts map[[2]post.Address]int
	owners map[string]owner // by what a letter may name
	loose  []post.Message
}

// owner is a tape, and the part of the life that something belongs to.
type owner struct {
	tape  *tape
	again bool // to the visit after the move
}

// NewRecorder returns a recorder that has seen nothing.
func NewRecorder() *Recorder {
	return &Recorder{counts: map[[2]post.Address]int{}, owners: map[string]owner{}}
}

// Observe takes an event, for app.Config. The map shows what left an office, once.
func (r *Recorder) Observe(e post.Event) {
	if e.What == post.Applied {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts[[2]post.Address{e.From, e.To}]++
	r.events = append(r.events[max(0, len(r.events)-maxEvents+1):], e)
}

// Carry wraps the way between two offices, for app.Config.
func (r *Recorder) Carry(from, _ post.Address, carry post.Carrier) post.Carrier {
	return func(ctx context.Context, to post.Address, batch []post.Message) ([]post.Receipt, error) {
		receipts, err := carry(ctx, to, batch)
		if err == nil {
			for _, m := range batch {
				m.From = from
				r.take(m)
			}
		}
		return receipts, err
	}
}

// follow has letters about a life go to its tape.
func (r *Recorder) follow(t *tape, l life) {
	r.mu.Lock()
	defer r.mu.Unlock()
	moved := l.again()
	r.own("case "+caseID(l.Person), owner{t, false})
	r.own("case "+caseID(moved), owner{t, true})
	r.own("attributes "+l.Person.Attributes.Key(), owner{t, false})
	r.own("attributes "+moved.Attributes.Key(), owner{t, true})
}

// own learns that something belongs to a tape. Letters that came before this was known are looked at again.
func (r *Recorder) own(name string, o owner) {
	if r.owners[name] == o {
		return
	}
	r.owners[name] = o
	waiting := r.loose
	r.loose = nil
	for _, m := range waiting {
		r.sort(m)
	}
}

func (r *Recorder) take(m post.Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sort(m)
}

// glance is what a letter of any kind may name.
type glance struct {
	ID, RequestID, OrderID string
	Issuer                 message.IssuerID
	Serial                 jpki.Serial
	Attributes             message.Attributes
}

// sort puts a letter on the tape of the one whom it is about, and learns from it by what others will name him. r.mu is held.
func (r *Recorder) sort(m post.Message) {
	if m.Kind == post.Kind(message.HolderListLetter) {
		r.share(m)
		return
	}
	var g glance
	if json.Unmarshal(m.Body, &g) != nil {
		return
	}
	certificate := "certificate " + string(g.Issuer) + " " + g.Serial.String()
	names := []string{"order " + g.OrderID, "order " + g.ID, certificate, "attributes " + g.Attributes.Key()}
	for _, request := range []string{g.RequestID, g.ID} {
		if id, ok := caseOf(request); ok {
			names = append(names, "case "+id)
		}
	}
	i := slices.IndexFunc(names, func(name string) bool { return r.owners[name].tape != nil })
	if i < 0 {
		r.loose = append(r.loose[max(0, len(r.loose)-maxLoose+1):], m)
		return
	}
	o := r.owners[names[i]]
	o.tape.add(letter(m, m.Body, o.again))
	switch m.Kind {
	case post.Kind(message.HolderRecordLetter):
		r.own(certificate, o)
	case post.Kind(message.RevocationOrderLetter):
		r.own("order "+g.ID, o)
	}
}

// share puts on each tape the part of a list of holders that is about its resident.
func (r *Recorder) share(m post.Message) {
	var list message.HolderList
	if json.Unmarshal(m.Body, &list) != nil {
		return
	}
	parts := map[owner][]message.HolderEntry{}
	for _, e := range list.Entries {
		if o := r.owners["attributes "+e.Attributes.Key()]; o.tape != nil {
			parts[o] = append(parts[o], e)
		}
	}
	all := len(list.Entries)
	for o, entries := range parts {
		list.Entries = entries
		body, err := json.Marshal(list)
		if err != nil {
			continue // it was JSON before
		}
		l := letter(m, body, o.again)
		l.LeftOut = all - len(entries)
		o.tape.add(l)
	}
}

// letter is an item of the step to which a letter belongs.
func letter(m post.Message, body []byte, again bool) Item {
	step := "issue"
	switch m.Kind {
	case post.Kind(message.HolderListLetter), post.Kind(message.ChangeNoticeLetter), post.Kind(message.RevocationOrderLetter),
		post.Kind(message.RevocationLetter), post.Kind(message.RevokedLetter):
		step = "refusal"
	}
	if again {
		step = "reissue"
	}
	return Item{Step: step, Time: m.Written, Message: m.ID(), From: m.From, To: m.To, Name: m.Kind.String(), Size: len(m.Body), Body: string(body)}
}

// caseID is the number of a person's case at the counter of his municipality.
func caseID(p app.Person) string { return p.Municipality.Code + "-" + p.Reception }

// caseOf returns the number of the case for which the CA is asked: "99201-17" of "99201-17-sign".
func caseOf(request string) (id string, ok bool) {
	for _, kind := range []jpki.Kind{jpki.Signing, jpki.Authentication} {
		if n := len(request) - len("-"+kind.String()); n > 0 && request[n:] == "-"+kind.String() {
			return request[:n], true
		}
	}
	return "", false
}

// seen returns the events on the map, the newest first, and how many letters went each way since the program began.
func (r *Recorder) seen() ([]post.Event, map[[2]post.Address]int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	events, counts := slices.Clone(r.events), map[[2]post.Address]int{}
	slices.Reverse(events)
	for way, n := range r.counts {
		counts[way] = n
	}
	return events, counts
}
