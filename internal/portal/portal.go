package portal

import (
	"context"
	"errors"
	"time"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/schedule"
)

// The acts of this office.
const (
	ActSubmit authz.Act = "agency.submit" // receive an application
	ActJudge  authz.Act = "agency.judge"  // examine it
	ActRead   authz.Act = "agency.read"   // look at what an applicant wrote
	ActList   authz.Act = "agency.list"   // look at what came
	ActErase  authz.Act = "agency.erase"  // erase what is old
)

// policy says who may do them.
var policy = authz.Policy{
	ActSubmit: {authz.Agency},
	ActJudge:  {authz.Agency},
	ActRead:   {authz.Agency},
	ActList:   {authz.Agency},
	ActErase:  {authz.Agency},
}

// article lets applications come over the network.
const article = "デジタル手続法第6条"

// Retention is how long an application is kept after it came.
//
// Assumed: thirty days; how long an agency keeps applications is settled by its own rules.
const Retention = 30 * 24 * time.Hour

// Config holds what [New] needs. Fields without "Optional" must be set.
type Config struct {
	Store Store
	// Anchors returns the certificates of the CAs that the agency trusts, DER.
	Anchors func(context.Context) ([][]byte, error)
	// Evidence returns what is known of the revocation of a certificate, DER, that one of them issued: CRLs and OCSP
	// responses.
	Evidence func(ctx context.Context, certificate []byte) (crls, ocsps [][]byte, err error)
	// Now returns the present time. Optional; time.Now if nil.
	Now func() time.Time
	// Step is called with each numbered step of an act as it begins, such as "Submit 2", for those who watch or test. Optional.
	Step func(string)
}

// Service is the receiving desk. It is safe for concurrent use.
type Service struct {
	Config
	guard    audit.Guard[Tx]
	calendar *schedule.Scheduler[Tx]
}

// itself is the desk when nobody stands behind it.
var itself = authz.Actor{Office: authz.Agency}

// New returns the office over its store.
func New(c Config) (*Service, error) {
	if c.Store == nil || c.Anchors == nil || c.Evidence == nil {
		return nil, errors.New("making a receiving desk: store, anchors and evidence must be set")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Step == nil {
		c.Step = func(string) {}
	}
	s := &Service{Config: c, guard: audit.Guard[Tx]{Policy: policy, Update: c.Store.Update}}
	var err error
	s.calendar, err = s.newCalendar()
	return s, err
}

// now returns the present time in whole seconds, UTC.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Second) }
