package revocation

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
)

// List is a published CRL.
type List struct {
	Partition  Partition
	Number     uint64
	ThisUpdate time.Time
	NextUpdate time.Time
	Through    int64 // Seq of the last record that could be on it
	Entries    int
	Size       int64 // in bytes
}

// Cut says which records are on a list: those up to Through, except of certificates that ended before Since and whose
// record the list before, made at Since, could have had up to Before.
//
// Spec: RFC 5280 §3.3
type Cut struct {
	Through int64
	Since   time.Time // zero if there is no list before
	Before  int64
}

// ListTx is what publishing lists needs of a transaction.
type ListTx interface {
	// Partitions returns all partitions that have lists.
	Partitions(ctx context.Context) ([]Partition, error)
	// Through returns the Seq of the last record made until an instant, 0 if there is none.
	Through(ctx context.Context, at time.Time) (int64, error)
	// TakeNumber takes the next number of a partition, which begins at 1.
	TakeNumber(ctx context.Context, p Partition) (uint64, error)
	// Entries yields the entry on lists of the last record of each certificate of a partition within a cut, by serial
	// number. It ends with the first error. An entry may be used until the next is yielded.
	Entries(ctx context.Context, p Partition, c Cut) iter.Seq2[[]byte, error]
	// Published returns the published list of the partition of an issuer with an ID.
	Published(ctx context.Context, issuer message.IssuerID, id string) (List, bool, error)
	// SetPublished puts a list in the place of the published one.
	SetPublished(ctx context.Context, l List) error
}

// Publish publishes a new list for every partition of the issuers in force. The run is named by its instant, which becomes
// the date of its lists: a run that was stopped and is called again goes on where it stopped. What one partition suffers
// does not keep the others from their lists; the errors come together.
//
// Law: 公的個人認証法 §18
func (s *Service) Publish(ctx context.Context, now time.Time) error {
	now = now.UTC().Truncate(time.Second)
	return s.publishAll(ctx, now, func(last List, published bool) bool { return !published || last.ThisUpdate.Before(now) })
}

// publishAll publishes where the next list is due; now is in whole seconds.
func (s *Service) publishAll(ctx context.Context, now time.Time, due func(last List, published bool) bool) error {
	known, err := s.readIssuers(ctx)
	if err != nil {
		return fmt.Errorf("publishing lists: %w", err)
	}
	var partitions []Partition
	err = s.Store.View(ctx, func(tx Tx) (err error) {
		partitions, err = tx.Partitions(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("publishing lists: %w", err)
	}
	var errs []error
	for _, p := range partitions {
		issuer := known.byKey[p.Issuer]
		if !inForce(issuer, now) {
			continue // its certificate is not in the register yet, or has ended and all it signed with it
		}
		if err := s.publishDue(ctx, issuer, p, now, due); err != nil {
			errs = append(errs, fmt.Errorf("publishing list %s/%s: %w", p.Issuer, p.ID(), err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

// attempts is how often a list is made anew because another run was faster.
const attempts = 10

// publishDue publishes the next list of a partition, if it is due. Another run may be at it, in this process or in another:
// then one of the two comes too late with its number, looks again whether its list is still due, and takes a new one.
func (s *Service) publishDue(ctx context.Context, issuer *jpki.Certificate, p Partition, now time.Time, due func(List, bool) bool) (err error) {
	for range attempts {
		var last List
		var published bool
		look := s.Store.View(ctx, func(tx Tx) (err error) {
			last, published, err = tx.Published(ctx, p.Issuer, p.ID())
			return err
		})
		if look != nil || !due(last, published) {
			return look
		}
		if err = s.publish(ctx, issuer, p, last, now); fault.KeyOf(err) != "revocation.list_number" {
			return err
		}
	}
	return err
}

// Latest returns the published list of the partition of an issuer with an ID, and its file, DER, which the caller closes.
// Fault: revocation.no_list.
func (s *Service) Latest(ctx context.Context, issuer message.IssuerID, id string) (List, *os.File, error) {
	list, file, err := s.openLatest(ctx, issuer, id)
	if errors.Is(err, fs.ErrNotExist) { // it went while it was looked up; another list stands now
		list, file, err = s.openLatest(ctx, issuer, id)
	}
	if err != nil {
		return List{}, nil, fmt.Errorf("reading list %s/%s: %w", issuer, id, err)
	}
	return list, file, nil
}

func (s *Service) openLatest(ctx context.Context, issuer message.IssuerID, id string) (list List, file *os.File, err error) {
	var published bool
	err = s.Store.View(ctx, func(tx Tx) (err error) {
		list, published, err = tx.Published(ctx, issuer, id)
		return err
	})
	if err == nil && !published {
		err = fault.New(fault.NotFound, "revocation.no_list")
	}
	if err != nil {
		return list, nil, err
	}
	file, err = os.Open(s.File(list))
	return list, file, err
}

// Fetch is [Service.Latest] for somebody outside, if he may have lists of the CA. Fault besides: that of [Access].
func (s *Service) Fetch(ctx context.Context, who Caller, issuer message.IssuerID, id string) (List, *os.File, error) {
	certificate, err := s.issuer(ctx, issuer)
	if err != nil {
		return List{}, nil, err
	}
	if certificate == nil {
		return List{}, nil, fault.New(fault.NotFound, "revocation.no_list")
	}
	if err := s.Access(ctx, who, ByList, certificate.Kind); err != nil {
		return List{}, nil, err
	}
	return s.Latest(ctx, issuer, id)
}

// Lists returns the published lists of all partitions.
func (s *Service) Lists(ctx context.Context) ([]List, error) {
	var lists []List
	err := s.Store.View(ctx, func(tx Tx) error {
		partitions, err := tx.Partitions(ctx)
		if err != nil {
			return err
		}
		for _, p := range partitions {
			list, ok, err := tx.Published(ctx, p.Issuer, p.ID())
			if err != nil {
				return err
			}
			if ok {
				lists = append(lists, list)
			}
		}
		return nil
	})
	return lists, err
}

// File returns the name of the file of a published list.
func (s *Service) File(l List) string { return shelfOf(s.Dir, l.Partition).list(l.Number) }
