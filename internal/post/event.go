package post

import "time"

// Happening is what happened to a message.
type Happening string

const (
	Carried   Happening = "carried"   // the sender has the receiver's receipt, or a medium holds it
	Applied   Happening = "applied"   // the receiver has done what it says
	Refusal   Happening = "refused"   // the receiver has made a dead letter of it
	Abandoned Happening = "abandoned" // the sender has made a dead letter of it
)

// Event is what may be shown of a message on its way: everything but its content.
type Event struct {
	Message  string // its ID
	From, To Address
	Kind     Kind
	Size     int // of the body in bytes
	Time     time.Time
	What     Happening
}

func (m Message) event(what Happening, at time.Time) Event {
	return Event{Message: m.ID(), From: m.From, To: m.To, Kind: m.Kind, Size: len(m.Body), Time: at, What: what}
}
