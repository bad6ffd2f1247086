package post

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"time"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
)

// MaxBody is the greatest size of a message's body in bytes. What is larger is sent in parts.
const MaxBody = 1 << 20

// Kind says what a body is and by which version of its form.
type Kind struct {
	Name    string // "issue_request"
	Version int    // from 1
}

// String returns the kind as in "issue_request/1".
func (k Kind) String() string { return k.Name + "/" + strconv.Itoa(k.Version) }

// Letter is what an office writes. Its outbox makes a message of it.
type Letter struct {
	To    Address
	Topic Topic
	Kind  Kind
	// Operator is the person at the sending office by staff number; empty for a machine. Audit data.
	Operator string
	Body     []byte // at most MaxBody
}

// Check returns a fault if the letter cannot be sent: "post.letter_invalid" with what is wrong, "post.too_large".
func (l Letter) Check() error {
	switch {
	case !l.To.Valid():
		return fault.New(fault.Invalid, "post.letter_invalid", "to")
	case !word.MatchString(string(l.Topic)):
		return fault.New(fault.Invalid, "post.letter_invalid", "topic")
	case !word.MatchString(l.Kind.Name) || l.Kind.Version < 1:
		return fault.New(fault.Invalid, "post.letter_invalid", "kind")
	case !authz.ValidOperator(l.Operator):
		return fault.New(fault.Invalid, "post.letter_invalid", "operator")
	case len(l.Body) == 0:
		return fault.New(fault.Invalid, "post.letter_invalid", "body")
	case len(l.Body) > MaxBody:
		return fault.New(fault.Invalid, "post.too_large", MaxBody)
	}
	return nil
}

// Message is a letter at its place in a stream.
type Message struct {
	// From is the sending office, as the carrier knows it.
	From Address
	Letter
	// Seq is the place in the stream, from 1.
	Seq int64
	// After is the place of the message that must be settled before this one; 0 if there is none. Usually it is the
	// place before; what the sender has given up is left out.
	After int64
	// Again says that a person sends it once more after it became a dead letter. It may then come after its successors.
	Again bool
	// Written is when the sender wrote the letter: UTC, whole seconds.
	Written time.Time
}

// ID returns the name of the message, the same however often it is sent: "counter-99201/ca/issue/17".
func (m Message) ID() string {
	return fmt.Sprintf("%s/%s/%s/%d", m.From, m.To, m.Topic, m.Seq)
}

// Digest tells contents apart that come under one name.
func (m Message) Digest() [sha256.Size]byte {
	head := fmt.Sprintf("%s\n%s\n%s\n%d\n", m.ID(), m.Kind, m.Operator, m.Written.Unix())
	return sha256.Sum256(append([]byte(head), m.Body...))
}

func (m Message) check() error {
	if err := m.Letter.Check(); err != nil {
		return err
	}
	if !m.From.Valid() || m.Seq < 1 || m.After < 0 || m.After >= m.Seq {
		return fault.New(fault.Invalid, "post.letter_invalid", "place")
	}
	return nil
}
