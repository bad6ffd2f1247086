package revocation

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/revocation/crl"
)

// publish makes the next list of a partition and puts it in the place of the last one.
//
//  1. Take the number, with an audit entry. Stopped here: a number that no list will have.
//  2. Write: the entries of the list, as they were recorded, one after the other to a file. Stopped here: a file that nobody reads.
//  3. Sign: the CA reads the list and signs it. Stopped here: as after 2; a signature that nobody has seen.
//  4. Assemble: the whole list is written to its file and flushed to the disk. Stopped here: a file that nobody reads.
//  5. Record the list as published, with an audit entry. Stopped before the commit: as after 4, the last list stands.
//     Stopped after it: published. A list that another run has overtaken is not recorded, fault revocation.list_number.
//  6. Remove the files that are older than the last list. Stopped here: they go with the next list.
func (s *Service) publish(ctx context.Context, issuer *jpki.Certificate, p Partition, last List, now time.Time) error {
	s.Step("publish 1")
	next := List{Partition: p, ThisUpdate: now, NextUpdate: now.Add(s.Terms.List + s.Terms.ListGrace)}
	if err := s.takeNumber(ctx, &next); err != nil {
		return err
	}
	point, err := p.Name()
	if err != nil {
		return err
	}
	work := publication{
		List: next, shelf: shelfOf(s.Dir, p),
		head: crl.List{Issuer: issuer, Point: point, Number: next.Number, ThisUpdate: next.ThisUpdate, NextUpdate: next.NextUpdate},
	}
	s.Step("publish 2")
	if err := s.writeEntries(ctx, &work, Cut{next.Through, last.ThisUpdate, last.Through}); err != nil {
		return err
	}
	defer work.entries.Close()
	s.Step("publish 3")
	tbs, err := work.tbs()
	if err != nil {
		return err
	}
	signature, err := s.CA.SignList(ctx, itself, p.Issuer, tbs)
	if err != nil {
		return err
	}
	s.Step("publish 4")
	if err := work.assemble(signature); err != nil {
		return err
	}
	if err := s.record(ctx, work.List); err != nil {
		return err
	}
	s.Step("publish 6")
	return work.shelf.clear(last.Number, next.Number)
}

// takeNumber sets the number of a list and up to which record it goes.
func (s *Service) takeNumber(ctx context.Context, l *List) error {
	entry := audit.Entry{Act: ActNumber, Subject: l.Partition.subject(), Law: articleOfProvision}
	return s.guard.Do(ctx, itself, entry, func(tx Tx, e *audit.Entry) (err error) {
		if l.Through, err = tx.Through(ctx, l.ThisUpdate); err != nil {
			return err
		}
		l.Number, err = tx.TakeNumber(ctx, l.Partition)
		e.Detail = map[string]string{"number": strconv.FormatUint(l.Number, 10), "through": strconv.FormatInt(l.Through, 10)}
		return err
	})
}

func (p Partition) subject() string { return "list:" + string(p.Issuer) + "/" + p.ID() }

// record puts a list in the place of the published one.
func (s *Service) record(ctx context.Context, l List) error {
	entry := audit.Entry{
		Act: ActPublish, Subject: l.Partition.subject(), Law: articleOfProvision,
		Detail: map[string]string{"number": strconv.FormatUint(l.Number, 10), "entries": strconv.Itoa(l.Entries)},
	}
	return s.guard.Do(ctx, itself, entry, func(tx Tx, _ *audit.Entry) error {
		published, ok, err := tx.Published(ctx, l.Partition.Issuer, l.Partition.ID())
		if err != nil {
			return err
		}
		if ok && published.Number > l.Number {
			return fault.New(fault.Conflict, "revocation.list_number", l.Number, published.Number)
		}
		err = tx.SetPublished(ctx, l)
		s.Step("publish 5")
		return err
	})
}

// publication is a list on its way.
type publication struct {
	List
	head    crl.List
	shelf   shelf
	entries *os.File
	size    int64 // of entries
}

// writeEntries fills the file of entries with those of a cut.
func (s *Service) writeEntries(ctx context.Context, work *publication, cut Cut) (err error) {
	if work.entries, err = work.shelf.create(work.shelf.draft(work.Number)); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, work.entries.Close())
		}
	}()
	out := bufio.NewWriterSize(work.entries, 64<<10)
	err = s.Store.View(ctx, func(tx Tx) error {
		for entry, err := range tx.Entries(ctx, work.Partition, cut) {
			if err != nil {
				return err
			}
			if _, err := out.Write(entry); err != nil {
				return err
			}
			work.size += int64(len(entry))
			work.Entries++
		}
		return nil
	})
	return errors.Join(err, out.Flush())
}

// tbs returns the part to be signed.
func (w *publication) tbs() (crl.Stream, error) {
	return w.head.TBS(crl.Stream{Reader: bufio.NewReaderSize(io.NewSectionReader(w.entries, 0, w.size), 64<<10), Size: w.size})
}

// assemble writes the whole list to its file.
func (w *publication) assemble(signature []byte) error {
	tbs, err := w.tbs()
	if err != nil {
		return err
	}
	whole, err := w.head.Assemble(tbs, signature)
	if err != nil {
		return err
	}
	file, err := w.shelf.create(w.shelf.list(w.Number))
	if err != nil {
		return err
	}
	w.Size, err = io.Copy(file, whole)
	return errors.Join(err, file.Sync(), file.Close(), w.shelf.sync())
}
