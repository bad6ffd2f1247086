package medium

import (
	"cmp"
	"context"
	"crypto/ecdh"
	"crypto/ed25519"
	"errors"
	"fmt"
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

// WriterConfig describes the sending side. Fields without "Optional" must be set.
type WriterConfig struct {
	Office post.Address // the sender
	Medium string       // the folder at which the medium appears
	// Kept is a folder of the office: the last files, and with them the last number. Whoever loses it cannot go on.
	Kept       string
	Key        ed25519.PrivateKey
	Recipients map[post.Address]*ecdh.PublicKey // X25519
	Now        func() time.Time
	// Keep is how many files to each receiver are kept. Optional; 10 if 0.
	Keep int
	// Step is called with each numbered step of an act as it begins, such as "Carry 3", for those who watch or test. Optional.
	Step func(string)
}

// Writer writes batches to a medium. It is safe for concurrent use; there is one for a folder of kept files.
type Writer struct {
	WriterConfig
	mu sync.Mutex
}

// NewWriter returns the sending side.
func NewWriter(c WriterConfig) (*Writer, error) {
	if !c.Office.Valid() || c.Medium == "" || c.Kept == "" || len(c.Key) != ed25519.PrivateKeySize || c.Now == nil {
		return nil, errors.New("making a medium's writer: office, medium, kept, key and now must be set")
	}
	c.Keep = cmp.Or(c.Keep, 10)
	if c.Step == nil {
		c.Step = func(string) {}
	}
	return &Writer{WriterConfig: c}, nil
}

// pending marks a kept file that may not be on the medium yet.
const pending = ".new"

// Carry writes a batch to the medium; its receipts say that the medium holds it. It is a [post.Carrier]. Faults:
// "post.no_route", "post.medium_absent".
//
//  1. Take up: a file that an earlier Carry may have left unwritten is written. Stopped here: it is written again, as it
//     is; the reader takes it once.
//  2. Seal the batch under the next number. Stopped here: nothing happened.
//  3. Keep the sealed file. Stopped before it is whole: as after 2. Stopped after it: the number is taken, and the next
//     Carry takes it up; it then writes the batch once more, under the number after it, and the receiver knows the messages.
//  4. Write it to the medium. Stopped here: as after 3.
//  5. Note that it was written, and drop the oldest files. Stopped here: as after 3, or done.
func (w *Writer) Carry(_ context.Context, to post.Address, batch []post.Message) ([]post.Receipt, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	recipient, ok := w.Recipients[to]
	if !ok {
		return nil, fault.New(fault.Unavailable, "post.no_route", to)
	}
	w.Step("Carry 1")
	last, err := w.takeUp(to)
	if err != nil {
		return nil, err
	}
	w.Step("Carry 2")
	h := header{Version: 1, From: w.Office, To: to, Number: last + 1, Written: w.Now().Unix()}
	sealed, err := seal(h, batch, w.Key, recipient)
	if err != nil {
		return nil, fmt.Errorf("sealing medium %d to %s: %w", h.Number, to, err)
	}
	w.Step("Carry 3")
	if err := durable.Create(w.kept(h)+pending, sealed, 0o600); err != nil {
		return nil, fmt.Errorf("keeping medium %d to %s: %w", h.Number, to, err)
	}
	if err := w.write(h, sealed); err != nil {
		return nil, err
	}
	receipts := make([]post.Receipt, len(batch))
	for i, m := range batch {
		receipts[i] = post.Receipt{Topic: m.Topic, Seq: m.Seq, Outcome: post.Accepted}
	}
	return receipts, nil
}

// write takes steps 4 and 5 with a kept file.
func (w *Writer) write(h header, sealed []byte) error {
	w.Step("Carry 4")
	if err := put(w.Medium, h.name(), sealed); err != nil {
		return fault.Wrap(err, fault.Unavailable, "post.medium_absent")
	}
	w.Step("Carry 5")
	if err := errors.Join(durable.Replace(w.kept(h), sealed, 0o600), os.Remove(w.kept(h)+pending)); err != nil {
		return fmt.Errorf("keeping medium %d to %s: %w", h.Number, h.To, err)
	}
	oldest := h
	oldest.Number -= int64(w.Keep)
	if err := os.Remove(w.kept(oldest)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("dropping medium %d to %s: %w", oldest.Number, h.To, err)
	}
	return nil
}

func (w *Writer) kept(h header) string { return filepath.Join(w.Kept, string(h.To), h.name()) }

// takeUp writes the pending files to a receiver and returns the last number taken.
func (w *Writer) takeUp(to post.Address) (last int64, err error) {
	names, err := w.keptNames(to)
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(w.Kept, string(to), name))
		if err != nil {
			return 0, fmt.Errorf("reading kept medium: %w", err)
		}
		f, err := parse(data)
		if err != nil {
			return 0, fmt.Errorf("reading kept medium %s: %w", name, err)
		}
		last = max(last, f.Number)
		if strings.HasSuffix(name, pending) {
			if err := w.write(f.header, data); err != nil {
				return 0, err
			}
		}
	}
	return last, nil
}

// keptNames lists the kept files to a receiver in order.
func (w *Writer) keptNames(to post.Address) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(w.Kept, string(to)))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading kept media: %w", err)
	}
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), string(w.Office)+"_") {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// Rewrite writes a kept file to the medium once more, because the medium was lost or damaged. Fault: "post.medium_gone"
// if it is not kept any more.
func (w *Writer) Rewrite(to post.Address, number int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	h := header{From: w.Office, To: to, Number: number}
	sealed, err := os.ReadFile(w.kept(h))
	if err != nil {
		return fault.Wrap(err, fault.NotFound, "post.medium_gone", number)
	}
	if err := put(w.Medium, h.name(), sealed); err != nil {
		return fault.Wrap(err, fault.Unavailable, "post.medium_absent")
	}
	return nil
}

// put writes a file to a medium, whole and flushed. Unlike package durable it asks nothing of the medium's file system
// that FAT does not have: neither links nor modes.
func put(folder, name string, content []byte) error {
	unfinished := filepath.Join(folder, name+".tmp")
	f, err := os.OpenFile(unfinished, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(unfinished, filepath.Join(folder, name)); err != nil {
		return err
	}
	return syncFolder(folder)
}

func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
