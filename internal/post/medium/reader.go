package medium

import (
	"context"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/openjpki/jpki/internal/durable"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/post"
)

// ReaderConfig describes the receiving side. Fields without "Optional" must be set.
type ReaderConfig struct {
	Office  post.Address // the receiver
	Medium  string       // the folder at which the medium appears
	State   string       // a folder of the office: which file of each sender was imported last
	Key     *ecdh.PrivateKey
	Senders map[post.Address]ed25519.PublicKey
	Receive post.Receiver
	// Step is called with each numbered step of an act as it begins, such as "Import 2", for those who watch or test. Optional.
	Step func(string)
}

// Reader imports files from a medium. It is safe for concurrent use; there is one for a folder of state.
type Reader struct {
	ReaderConfig
	mu sync.Mutex
}

// NewReader returns the receiving side.
func NewReader(c ReaderConfig) (*Reader, error) {
	if !c.Office.Valid() || c.Medium == "" || c.State == "" || c.Key == nil || c.Receive == nil {
		return nil, errors.New("making a medium's reader: office, medium, state, key and receive must be set")
	}
	if c.Step == nil {
		c.Step = func(string) {}
	}
	return &Reader{ReaderConfig: c}, nil
}

// Imported is a file that was imported and erased.
type Imported struct {
	From     post.Address
	Number   int64
	Written  time.Time
	Known    bool           // it had been imported before and was only erased
	Receipts []post.Receipt // refused messages are dead letters of the inbox
}

// Import imports the files on the medium, those of each sender in their order, and erases each. It leaves a file that it
// refuses and those of the same sender behind it; what it returns besides was imported. Faults: "post.medium_absent",
// "post.medium_altered", "post.medium_foreign", "post.medium_replayed", "post.medium_missing" with the number that is due,
// "post.medium_unfinished" if a message could not be taken now.
//
//  1. Check: form, receiver, signature, number, encryption. Stopped here: nothing happened.
//  2. Hand over to the receiver. Stopped here: some messages may be applied; the file is imported again, and the inbox knows
//     them.
//  3. Note the number and the file's digest. Stopped before it is whole: as after 2.
//  4. Erase: mark, overwrite and remove. Stopped here: the next Import erases it.
func (r *Reader) Import(ctx context.Context) (done []Imported, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	names, err := r.names()
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "post.medium_absent")
	}
	var refused []error
	stopped := map[string]bool{}
	for _, name := range names {
		sender, _, _ := strings.Cut(name, "_")
		if stopped[sender] {
			continue
		}
		imported, err := r.importFile(ctx, filepath.Join(r.Medium, name))
		if err != nil {
			stopped[sender] = true
			refused = append(refused, fmt.Errorf("importing %s: %w", name, err))
		}
		if imported != nil {
			done = append(done, *imported)
		}
	}
	return done, errors.Join(refused...)
}

// finished marks a file that is being erased.
const finished = ".done"

// names lists the sealed files on the medium; those of one sender stand in the order of their numbers.
func (r *Reader) names() ([]string, error) {
	entries, err := os.ReadDir(r.Medium)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(strings.TrimSuffix(e.Name(), finished), ".jpki") && e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// importFile imports one file. It returns nil for what an interrupted erasure left.
func (r *Reader) importFile(ctx context.Context, path string) (*Imported, error) {
	if strings.HasSuffix(path, finished) {
		return nil, erase(path)
	}
	r.Step("Import 1")
	data, err := readBounded(path)
	if err != nil {
		return nil, err
	}
	f, last, err := r.check(data)
	if err != nil {
		return nil, err
	}
	now := state{f.Number, fmt.Sprintf("%x", sha256.Sum256(data))}
	if now == last { // one side stopped before it could erase, or note that it had written
		r.Step("Import 4")
		return &Imported{From: f.From, Number: f.Number, Written: f.written(), Known: true}, erase(path)
	}
	if err := f.inSequence(last.Number); err != nil {
		return nil, err
	}
	batch, err := f.open(r.Key)
	if err != nil {
		return nil, err
	}
	r.Step("Import 2")
	receipts, err := r.handOver(ctx, f, batch)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "post.medium_unfinished", f.Number)
	}
	r.Step("Import 3")
	if err := r.note(f.From, now); err != nil {
		return nil, err
	}
	r.Step("Import 4")
	return &Imported{From: f.From, Number: f.Number, Written: f.written(), Receipts: receipts}, erase(path)
}

// check takes a file apart, makes sure of its sender and receiver, and returns which file of the sender was last.
func (r *Reader) check(data []byte) (file, state, error) {
	f, err := parse(data)
	if err != nil {
		return f, state{}, err
	}
	sender, known := r.Senders[f.From]
	if !known || f.To != r.Office {
		return f, state{}, fault.New(fault.Denied, "post.medium_foreign", f.From, f.To)
	}
	if !f.genuine(sender) {
		return f, state{}, fault.New(fault.Invalid, "post.medium_altered")
	}
	last, err := r.last(f.From)
	return f, last, err
}

// handOver gives a batch to the receiver. Every message must be decided.
func (r *Reader) handOver(ctx context.Context, f file, batch []post.Message) ([]post.Receipt, error) {
	receipts, err := r.Receive(ctx, f.From, batch)
	if err != nil {
		return nil, err
	}
	for _, receipt := range receipts {
		if receipt.Outcome == post.Failed {
			return nil, fmt.Errorf("message %s/%d: %s", receipt.Topic, receipt.Seq, receipt.Reason)
		}
	}
	return receipts, nil
}

// inSequence returns a fault unless the file is the one after the last.
func (f file) inSequence(last int64) error {
	switch {
	case f.Number <= last:
		return fault.New(fault.Conflict, "post.medium_replayed", f.Number)
	case f.Number > last+1:
		return fault.New(fault.Conflict, "post.medium_missing", f.Number, last+1)
	}
	return nil
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "post.medium_absent")
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "post.medium_absent")
	}
	if len(data) > maxFile {
		return nil, fault.New(fault.Invalid, "post.medium_altered")
	}
	return data, nil
}

// state is which file of a sender was imported last.
type state struct {
	Number int64  `json:"number"`
	Digest string `json:"digest"`
}

func (r *Reader) last(from post.Address) (s state, err error) {
	data, err := os.ReadFile(filepath.Join(r.State, string(from)+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return state{}, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil {
		return state{}, fmt.Errorf("reading which medium of %s was last: %w", from, err)
	}
	return s, nil
}

func (r *Reader) note(from post.Address, s state) error {
	data, err := json.Marshal(s)
	if err == nil {
		err = durable.Replace(filepath.Join(r.State, string(from)+".json"), data, 0o600)
	}
	if err != nil {
		return fmt.Errorf("noting medium %d of %s: %w", s.Number, from, err)
	}
	return nil
}

// erase marks a file, overwrites it and removes it.
func erase(path string) error {
	if !strings.HasSuffix(path, finished) {
		if err := os.Rename(path, path+finished); err != nil {
			return fmt.Errorf("erasing medium: %w", err)
		}
		path += finished
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("erasing medium: %w", err)
	}
	info, err := f.Stat()
	if err == nil {
		_, err = f.Write(make([]byte, info.Size()))
	}
	if err := errors.Join(err, f.Sync(), f.Close(), os.Remove(path), syncFolder(filepath.Dir(path))); err != nil {
		return fmt.Errorf("erasing medium: %w", err)
	}
	return nil
}
