package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/kiosk"
	"github.com/openjpki/jpki/internal/link"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/portal"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/registry"
	"github.com/openjpki/jpki/internal/revocation"
	"github.com/rogpeppe/go-internal/lockedfile"
)

// operator is who acts in a sandbox that has no clerks yet.
var operator = authz.Actor{Office: authz.Sandbox}

// Config says which sandbox to open.
type Config struct {
	Dir string
	// OCSP is the address of the OCSP responder written into new authentication certificates. Optional.
	OCSP string
	// Now returns the present time. Optional; that of the folder's [Clock] if nil.
	Now func() time.Time
	// Start is when the clock of a new nation stands at first. Optional; real time if zero.
	Start time.Time
	// Standing lets the clock of a new nation stand still until somebody lets it run, see [Clock.Stop].
	Standing bool
	// Regime is the scheme of the law under which a new nation lives. Optional; [Modern] if empty. A nation keeps it.
	Regime Regime
	// Database returns the URL of the database of an office, see [db.Config]. Optional; SQLite files in the folder if nil.
	Database func(office post.Address) string
	// Step is called with each numbered step of an act as it begins, such as "NewCard 3" or "ca Issue 2". Optional.
	Step func(string)
	// Observe is told of each letter that is delivered or refused. Optional.
	Observe func(post.Event)
	// Carry wraps the way of letters between two offices, for those who watch or test. Optional.
	Carry func(from, to post.Address, carry post.Carrier) post.Carrier
}

// defaultOCSP is the address at which the sandbox's OCSP responder is to answer.
const defaultOCSP = "http://127.0.0.1:8080/ocsp"

// Sandbox is an open data folder: a nation in one process.
type Sandbox struct {
	Config
	Clock      Clock
	CA         *ca.Service
	Revocation *revocation.Service
	Registry   *registry.Service
	Link       *link.Service
	Portal     *portal.Service // of an agency
	scheme     scheme
	settling   sync.Mutex
	advancing  sync.Mutex
	halls      map[string]hall         // by the code of the municipality
	floppies   map[post.Address]floppy // to the counters that no network joins to the register
	stations   []*station
}

// Open opens a data folder, making keys and founding both CAs in a new one, and completes what an earlier process left
// undone. Processes open the same folder one after the other and may then work side by side.
func Open(ctx context.Context, c Config) (*Sandbox, error) {
	s := &Sandbox{Config: c, Clock: ClockOf(c.Dir), halls: map[string]hall{}, floppies: map[post.Address]floppy{}}
	if s.OCSP == "" {
		s.OCSP = defaultOCSP
	}
	if s.Now == nil {
		s.Now = s.Clock.Now
	}
	if s.Step == nil {
		s.Step = func(string) {}
	}
	if s.Carry == nil {
		s.Carry = func(_, _ post.Address, carry post.Carrier) post.Carrier { return carry }
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "app.data_folder")
	}
	unlock, err := lockedfile.MutexAt(filepath.Join(c.Dir, "lock")).Lock()
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "app.data_folder")
	}
	defer unlock()
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("opening sandbox: %w", err), s.Close())
	}
	return s, nil
}

// folders are those of the offices, in the data folder.
func placeOf(dir string, office post.Address, now func() time.Time) place {
	return place{office: office, dir: filepath.Join(dir, string(office)), now: now}
}

func (s *Sandbox) setting(office post.Address) setting {
	at := placeOf(s.Dir, office, s.Now)
	if s.Database != nil {
		at.database = s.Database(office)
	}
	return setting{at, func(step string) { s.Step(string(office) + " " + step) }, s.Observe}
}

func (s *Sandbox) open(ctx context.Context) (err error) {
	if err := s.begin(); err != nil {
		return err
	}
	take := func(work *station, err error) error {
		if work != nil {
			s.stations = append(s.stations, work)
		}
		return err
	}
	var work *station
	if s.CA, work, err = openCA(ctx, s.setting(message.AtCA), s.OCSP, s.scheme.governors); take(work, err) != nil {
		return err
	}
	if s.Revocation, work, err = openRevocation(ctx, s.setting(message.AtRevocation), s.CA); take(work, err) != nil {
		return err
	}
	if s.Registry, work, err = openRegistry(ctx, s.setting(message.AtRegistry)); take(work, err) != nil {
		return err
	}
	if s.Link, work, err = openLink(ctx, s.setting(message.AtLink)); take(work, err) != nil {
		return err
	}
	for _, m := range Municipalities() {
		if work, err = s.openHall(ctx, m); take(work, err) != nil {
			return err
		}
	}
	if s.Portal, work, err = openPortal(ctx, s.setting(atAgency), s.Anchors, s.Evidence); take(work, err) != nil {
		return err
	}
	s.join()
	if err := errors.Join(found(ctx, s.CA, s.scheme), s.writeCAs(ctx)); err != nil {
		return err
	}
	// What falls due is counted from the first look.
	if _, _, err := first(ctx, s.Now(), s.calendars()); err != nil {
		return err
	}
	for _, w := range s.stations {
		if err := w.outbox.Hurry(ctx); err != nil {
			return err
		}
	}
	return s.Settle(ctx)
}

// hall is a municipal office 市役所: its counter, its kiosk and the keys that both share.
type hall struct {
	counter *counter.Service
	kiosk   *kiosk.Kiosk
	secrets municipality
}

func (s *Sandbox) openHall(ctx context.Context, m jpki.Municipality) (*station, error) {
	office := s.setting(message.AtCounter(m.Code))
	maker, err := place{dir: filepath.Join(s.Dir, "cards")}.key("manufacturer.key")
	if err != nil {
		return nil, err
	}
	h := hall{}
	if h.secrets, err = office.municipality(maker); err != nil {
		return nil, err
	}
	var work *station
	var register counter.Register
	if s.scheme.joined {
		register = registerFor{office.office, s.Registry}
	}
	if h.counter, work, err = openCounter(ctx, office, m, h.secrets, register, s.scheme.kinds); err != nil {
		return work, err
	}
	if !s.scheme.joined {
		f, err := newFloppy(s.setting(message.AtRegistry), office, filepath.Join(s.Dir, "floppy-"+m.Code), h.counter.Receive)
		if err != nil {
			return work, err
		}
		s.floppies[office.office] = f
	}
	h.kiosk, err = openKiosk(h.secrets, s.Now, func(step string) { s.Step("kiosk " + step) })
	s.halls[m.Code] = h
	return work, err
}

// Offices returns what a resident meets in a municipality of the sandbox.
func (s *Sandbox) Offices(m jpki.Municipality) Offices {
	h := s.halls[m.Code]
	o := Offices{Municipality: s.Registry, Counter: h.counter, MakeKey: makeKeyAt(h.kiosk), Settle: s.Settle}
	if !s.scheme.joined {
		o.Bring = s.bring
	}
	return o
}

// join lets the offices write to each other.
func (s *Sandbox) join() {
	receivers := map[post.Address]post.Receiver{}
	for _, w := range s.stations {
		if w.receive != nil {
			receivers[w.office] = w.receive
		}
	}
	for _, from := range s.stations {
		local := post.Local(from.office, receivers)
		for to := range receivers {
			from.connect(to, s.way(from.office, to, local))
		}
	}
}

// Close closes the sandbox.
func (s *Sandbox) Close() error {
	var errs []error
	for _, w := range s.stations {
		errs = append(errs, w.db.Close())
	}
	return errors.Join(errs...)
}

// VerifyAudit checks the audit log of an office of a sandbox, without changing anything. publicKey is the audit key as the
// auditor kept it, "" to take the one in the folder; older are checkpoints that he kept.
func VerifyAudit(ctx context.Context, dir string, office post.Address, publicKey string, older ...string) (report audit.Report, checkpoint string, err error) {
	p := placeOf(dir, office, time.Now)
	keys, err := p.verifiers(publicKey)
	if err != nil {
		return report, "", err
	}
	d, err := db.Open(ctx, db.Config{URL: p.url(), ReadOnly: true})
	if err != nil {
		return report, "", err
	}
	defer d.Close()
	err = d.View(ctx, func(tx *db.Tx) (err error) {
		if report, err = auditdb.Verify(ctx, tx, keys, older...); err != nil {
			return err
		}
		checkpoint, err = auditdb.Checkpoint(ctx, tx)
		return err
	})
	return report, checkpoint, err
}
