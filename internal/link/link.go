package link

import (
	"context"
	"errors"
	"regexp"
	"time"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/schedule"
)

// The acts of this office.
const (
	ActRecord authz.Act = "link.record" // take a certificate into the serial map
	ActList   authz.Act = "link.list"   // make the holder list of a day
	ActNotice authz.Act = "link.notice" // take a change notice
	ActHold   authz.Act = "link.hold"   // have the certificates of a lost card held
	ActAnswer authz.Act = "link.answer" // note what came of an order
)

// policy says who may do them.
var policy = authz.Policy{
	ActRecord: {authz.CA},
	ActList:   {authz.Link},
	ActNotice: {authz.Registry},
	ActHold:   {authz.Helpdesk, authz.Sandbox},
	ActAnswer: {authz.Revocation},
}

// article is the ground of all that this office does when something happened to a holder.
//
// Req: R-REG-05
const article = "公的個人認証法第12条"

// Config holds what [New] needs. Fields without "Optional" must be set.
type Config struct {
	Store Store
	// Observe is told of each letter that is applied or refused. Optional.
	Observe func(post.Event)
	// Now returns the present time. Optional; time.Now if nil.
	Now func() time.Time
	// Step is called with each numbered step of an act as it begins, such as "takeNotice 2", for those who watch or test. Optional.
	Step func(string)
}

// Service is the link server. It is safe for concurrent use.
type Service struct {
	Config
	guard    audit.Guard[Tx]
	inbox    *post.Inbox[Tx]
	calendar *schedule.Scheduler[Tx]
}

// New returns the office over its store.
func New(c Config) (*Service, error) {
	if c.Store == nil {
		return nil, errors.New("making a link server: store must be set")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Step == nil {
		c.Step = func(string) {}
	}
	s := &Service{Config: c, guard: audit.Guard[Tx]{Policy: policy, Update: c.Store.Update}}
	s.inbox = &post.Inbox[Tx]{
		Office: message.AtLink, Guard: s.guard, View: c.Store.View, Now: c.Now, Observe: c.Observe,
		Step: c.Step,
		Handlers: map[post.Kind]post.Handler[Tx]{
			post.Kind(message.HolderRecordLetter): {
				Act: ActRecord, Law: "公的個人認証法第8条", Apply: post.Applying(message.HolderRecordLetter, s.record)},
			post.Kind(message.ChangeNoticeLetter): {
				Act: ActNotice, Law: article, Apply: post.Applying(message.ChangeNoticeLetter, s.takeNotice)},
			post.Kind(message.RevocationLetter): {
				Act: ActAnswer, Law: article, Apply: post.Applying(message.RevocationLetter, s.noteAnswer)},
		},
	}
	var err error
	s.calendar, err = schedule.New(schedule.Config[Tx]{
		Actor: authz.Actor{Office: authz.Link}, Guard: s.guard, View: c.Store.View,
		Step: c.Step,
		Jobs: []schedule.Job[Tx]{{
			Name: "holder_list", Every: 24 * time.Hour, Anchor: schedule.At(2, 0), Act: ActList, Law: article, Apply: s.makeList,
		}},
	})
	return s, err
}

// Receive takes what other offices write: certificates from the CA, change notices from the register, answers from the
// validity service. It is a [post.Receiver]; a fault of a letter is in its receipt: link.record_invalid,
// link.record_reused, link.notice_invalid, link.notice_reused, link.no_order.
func (s *Service) Receive(ctx context.Context, from post.Address, batch []post.Message) ([]post.Receipt, error) {
	return s.inbox.Receive(ctx, from, batch)
}

// Calendar returns what this office does by the calendar: at two in the night the holder list of the day.
func (s *Service) Calendar() schedule.Runner { return s.calendar }

// now returns the present time in whole seconds, UTC.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Second) }

var identifier = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
