package posttest

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/durable"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/post/postdb"
)

//go:embed schema
var schema embed.FS

// Slip is what the offices here send each other.
type Slip struct {
	Number int
	Words  string
}

// SlipForm is its form.
var SlipForm = post.Form[Slip]{Name: "slip", Version: 1}

// ActTell is the act of sending an office a slip.
const ActTell authz.Act = "test.tell"

// Config describes a small office.
type Config struct {
	Address post.Address
	Dir     string // holds its audit key, and its database if URL is empty
	URL     string // Optional.
	Now     func() time.Time
	// Trouble is asked before a slip is written down; its error is that of the handler. Optional.
	Trouble func(Slip) error
	// May lists who may send slips. Optional; everybody if nil.
	May     []authz.Office
	Observe func(post.Event) // Optional.
	Step    func(string)     // Optional.
}

// Office is a small office: it says slips and writes down those that it is told.
type Office struct {
	Config
	DB    *db.DB
	Inbox *post.Inbox[Tx]
	log   *auditdb.Log
	keys  note.Verifiers
}

// Tx is its transaction.
type Tx struct {
	*db.Tx
	postdb.Box
	log *auditdb.Log
}

// Audit appends to the audit log.
func (t Tx) Audit(ctx context.Context, e audit.Entry) error { return t.log.Append(ctx, t.Tx, e) }

// Open opens an office, a new one or one that was open before.
func Open(ctx context.Context, c Config) (*Office, error) {
	if c.URL == "" {
		c.URL = "sqlite:" + filepath.Join(c.Dir, string(c.Address)+".db")
	}
	o := &Office{Config: c}
	if err := o.openLog(); err != nil {
		return nil, err
	}
	var err error
	if o.DB, err = db.Open(ctx, db.Config{URL: c.URL, Now: c.Now}); err != nil {
		return nil, err
	}
	if err := errors.Join(auditdb.Migrate(ctx, o.DB), postdb.Migrate(ctx, o.DB), o.DB.Migrate(ctx, "test", schema)); err != nil {
		return nil, errors.Join(err, o.DB.Close())
	}
	if c.May == nil {
		o.May = []authz.Office{authz.Counter, authz.CA, "registry"}
	}
	o.Inbox = &post.Inbox[Tx]{
		Office: c.Address, View: o.view,
		Guard: audit.Guard[Tx]{Policy: authz.Policy{ActTell: o.May}, Update: o.Update},
		Handlers: map[post.Kind]post.Handler[Tx]{
			post.Kind(SlipForm): {Act: ActTell, Law: "公的個人認証法第3条", Apply: o.told},
		},
		Attempts: 3, Now: c.Now, Observe: c.Observe, Step: c.Step,
	}
	return o, nil
}

// openLog takes the audit key from the folder, or makes one.
func (o *Office) openLog() error {
	file := filepath.Join(o.Dir, string(o.Address)+".key")
	private, err := os.ReadFile(file)
	public, errPublic := os.ReadFile(file + ".pub")
	if errors.Is(err, fs.ErrNotExist) || errors.Is(errPublic, fs.ErrNotExist) {
		signing, verifying, err := note.GenerateKey(nil, string(o.Address)+".jpki-test.invalid/audit")
		if err := errors.Join(err, durable.Replace(file, []byte(signing), 0o600), durable.Replace(file+".pub", []byte(verifying), 0o600)); err != nil {
			return err
		}
		private, public = []byte(signing), []byte(verifying)
	}
	key, err := note.NewSigner(string(private))
	if err != nil {
		return err
	}
	verifier, err := note.NewVerifier(string(public))
	if err != nil {
		return err
	}
	o.keys = note.VerifierList(verifier)
	o.log, err = auditdb.New(key, o.keys)
	return err
}

// Update runs f in a transaction.
func (o *Office) Update(ctx context.Context, f func(Tx) error) error {
	return o.DB.Update(ctx, func(t *db.Tx) error { return f(Tx{t, postdb.In(t), o.log}) })
}

func (o *Office) view(ctx context.Context, f func(Tx) error) error {
	return o.DB.View(ctx, func(t *db.Tx) error { return f(Tx{t, postdb.In(t), o.log}) })
}

const insertTold = `INSERT INTO told (sender, topic, number, words) VALUES ($1, $2, $3, $4)`

func (o *Office) told(ctx context.Context, tx Tx, _ *audit.Entry, m post.Message) error {
	slip, err := SlipForm.Read(m)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, insertTold, string(m.From), string(m.Topic), slip.Number, slip.Words); err != nil {
		return err
	}
	if o.Trouble != nil {
		return o.Trouble(slip) // the row goes with the transaction
	}
	return nil
}

const insertSaid = `INSERT INTO said (receiver, topic, number) VALUES ($1, $2, $3)`

// Say sends a slip and notes, in the same transaction, that it was said.
func (o *Office) Say(ctx context.Context, to post.Address, topic post.Topic, s Slip) error {
	letter, err := SlipForm.Letter(to, topic, s)
	if err != nil {
		return err
	}
	return o.Update(ctx, func(tx Tx) error {
		if _, err := tx.Exec(ctx, insertSaid, string(to), string(topic), s.Number); err != nil {
			return err
		}
		_, err := tx.Send(ctx, letter)
		return err
	})
}

// Said returns how many slips of a topic were said.
func (o *Office) Said(ctx context.Context, to post.Address, topic post.Topic) (n int, err error) {
	err = o.view(ctx, func(tx Tx) error {
		return tx.QueryRow(ctx, `SELECT count(*) FROM said WHERE receiver = $1 AND topic = $2`, string(to), string(topic)).Scan(&n)
	})
	return n, err
}

// Told returns the numbers of the slips of a topic in the order in which they were written down.
func (o *Office) Told(ctx context.Context, from post.Address, topic post.Topic) (numbers []int, err error) {
	err = o.view(ctx, func(tx Tx) error {
		rows, err := tx.Query(ctx, `SELECT number FROM told WHERE sender = $1 AND topic = $2 ORDER BY n`, string(from), string(topic))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var n int
			if err := rows.Scan(&n); err != nil {
				return err
			}
			numbers = append(numbers, n)
		}
		return rows.Err()
	})
	return numbers, err
}

// DeadLetters returns those of the outbox and of the inbox.
func (o *Office) DeadLetters(ctx context.Context) (abandoned, refused []postdb.DeadLetter, err error) {
	err = o.view(ctx, func(tx Tx) (err error) {
		if abandoned, err = tx.Abandoned(ctx); err != nil {
			return err
		}
		refused, err = tx.Refused(ctx)
		return err
	})
	return abandoned, refused, err
}

// Audited returns the entries of the audit log, or an error if it does not hold.
func (o *Office) Audited(ctx context.Context) (entries []audit.Entry, err error) {
	err = o.DB.View(ctx, func(tx *db.Tx) error {
		report, err := auditdb.Verify(ctx, tx, o.keys)
		if err != nil || report.Break != nil {
			return errors.Join(err, fmt.Errorf("audit log: %v", report.Break))
		}
		for r, err := range auditdb.Records(ctx, tx, auditdb.Filter{}) {
			if err != nil {
				return err
			}
			e, err := audit.Parse(r.Encoding)
			if err != nil {
				return err
			}
			entries = append(entries, e)
		}
		return nil
	})
	return entries, err
}

// Courier returns the courier of the office.
func (o *Office) Courier(carriers map[post.Address]post.Carrier) *post.Courier {
	return &post.Courier{
		Office: o.Address, Outbox: postdb.Outbox{DB: o.DB}, Carriers: carriers, Now: o.Now,
		Retry:   post.Retry{First: time.Minute, Max: 8 * time.Minute, Attempts: 5},
		Observe: o.Observe, Step: o.Step,
	}
}
