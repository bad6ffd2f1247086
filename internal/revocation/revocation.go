package revocation

import (
	"context"
	"crypto"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/schedule"
)

// The acts of this office.
const (
	ActRegister authz.Act = "revocation.register" // enter certificates in the register
	ActRevoke   authz.Act = "revocation.revoke"   // take an order
	ActTick     authz.Act = "revocation.tick"     // let OCSP answers show what is on record
	ActNumber   authz.Act = "revocation.number"   // take the number of a new list
	ActPublish  authz.Act = "revocation.publish"  // put a list in the place of the last one
	ActRenew    authz.Act = "revocation.renew"    // replace the certificate of a responder
)

// policy says who may do them. Which ground an office may order by is said in [Workflow].
var policy = authz.Policy{
	ActRegister: {authz.CA, authz.Sandbox},
	ActRevoke:   {authz.Counter, authz.Link, authz.CA, authz.Ceremony, authz.Sandbox},
	ActTick:     {authz.Revocation}, ActNumber: {authz.Revocation}, ActPublish: {authz.Revocation}, ActRenew: {authz.Revocation},
}

// itself is this office as an actor.
var itself = authz.Actor{Office: authz.Revocation}

// articleOfProvision is the ground of lists and answers.
const articleOfProvision = "公的個人認証法第18条"

// Tx is one transaction. Where nothing is found, methods return a nil slice or false.
type Tx interface {
	office.Tx
	RegisterTx
	OrderTx
	ListTx
	AnswerTx
}

// CA is the certification authority, as far as this office needs it.
type CA interface {
	// SignList signs a CRL of the issuer: tbs is its signed part.
	SignList(ctx context.Context, actor authz.Actor, issuer message.IssuerID, tbs io.Reader) (signature []byte, err error)
	// CertifyResponder issues the certificate of a responder.
	CertifyResponder(ctx context.Context, actor authz.Actor, r message.ResponderRequest) (message.Issued, error)
}

// Keys keeps the private keys of the responders.
type Keys interface {
	Create(ctx context.Context, label string, suite jpki.Suite) (crypto.Signer, error)
	Open(ctx context.Context, label string) (crypto.Signer, error)
}

// Terms are the times of the service. A zero field is the default that stands beside it.
//
// Assumed: lists come daily and OCSP data every 15 minutes, as published; how long they are good for after the next is
// due, and how long the certificates of responders live, is not.
type Terms struct {
	Tick      time.Duration // from one state of OCSP data to the next: 15 minutes
	TickGrace time.Duration // how long an answer is good after the next tick was due: 15 minutes
	List      time.Duration // from one list to the next: a day
	ListGrace time.Duration // how long a list is good after the next one was due: 12 hours
	Renewal   time.Duration // how long before its end the certificate of a responder is replaced: two days
}

func (t Terms) orDefault() Terms {
	for _, term := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&t.Tick, 15 * time.Minute}, {&t.TickGrace, 15 * time.Minute}, {&t.List, 24 * time.Hour}, {&t.ListGrace, 12 * time.Hour},
		{&t.Renewal, 2 * 24 * time.Hour},
	} {
		if *term.field == 0 {
			*term.field = term.value
		}
	}
	return t
}

// Config holds what [New] needs. Fields without "Optional" must be set.
type Config struct {
	Store office.Store[Tx]
	CA    CA
	Keys  Keys
	// Dir is the folder of the published lists.
	Dir string
	// Suite of the responders' keys: that of the CA's profile. Optional; jpki.RSA2048 if zero.
	Suite jpki.Suite
	Terms Terms // Optional
	// Access says who may ask. Optional; everybody if nil.
	Access Access
	// Observe is told of each letter that is applied or refused. Optional.
	Observe func(post.Event)
	// Now returns the present time. Optional; time.Now if nil.
	Now func() time.Time
	// Step is called with each numbered step of an act as it begins, such as "Revoke 2", for those who watch or test. Optional.
	Step func(string)
}

// Service is the validity service. It is safe for concurrent use.
type Service struct {
	Config
	guard    audit.Guard[Tx]
	inbox    *post.Inbox[Tx]
	calendar *schedule.Scheduler[Tx]

	mu         sync.Mutex
	issuers    issuers                         // read so far
	responders map[message.IssuerID]*responder // opened so far
	tick       Tick                            // the last one seen
}

// New returns the office over its store and keys.
func New(c Config) (*Service, error) {
	if c.Store == nil || c.CA == nil || c.Keys == nil || c.Dir == "" {
		return nil, errors.New("making a validity service: store, CA, keys and folder must be set")
	}
	if c.Suite.Name == "" {
		c.Suite = jpki.RSA2048
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Access == nil {
		c.Access = everybody
	}
	if c.Step == nil {
		c.Step = func(string) {}
	}
	c.Terms = c.Terms.orDefault()
	if time.Hour%c.Terms.Tick != 0 {
		return nil, errors.New("making a validity service: an hour must be whole ticks")
	}
	s := &Service{
		Config:     c,
		guard:      audit.Guard[Tx]{Policy: policy, Update: c.Store.Update},
		responders: map[message.IssuerID]*responder{},
	}
	s.inbox = s.newInbox()
	var err error
	s.calendar, err = s.newCalendar()
	return s, err
}

// now returns the present time in whole seconds, UTC.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Second) }
