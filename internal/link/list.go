package link

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office"
	"github.com/openjpki/jpki/internal/post"
)

// makeList makes the holder list of a day and writes it to the register, in as many letters as it takes. The instant at
// which it was due decides the date and how far the list goes: a clock that jumps over days leaves the list of each, and
// none goes further than the present. What came since then is on the list too, which harms nobody.
//
//  1. Record: the list, with the certificates on no list yet. Stopped here: nothing happened, the day stays due.
//  2. Write the letters. Stopped before the commit: as after 1. Stopped after it: done.
//
// Law: 公的個人認証法 §12
// Req: R-REG-08
func (s *Service) makeList(ctx context.Context, tx Tx, e *audit.Entry, due time.Time) error {
	due = due.UTC()
	list := message.HolderList{Date: due.In(jpki.Japan).Format(time.DateOnly), Through: due}
	var err error
	if list.Since, err = tx.LastThrough(ctx); err != nil {
		return err
	}
	s.Step("makeList 1")
	entries, err := tx.AddList(ctx, list.Date, list.Through)
	if err != nil {
		return err
	}
	parts, err := split(entries)
	if err != nil {
		return err
	}
	list.Parts, list.Total = len(parts), len(entries)
	e.Subject, e.Detail["count"] = "list:"+list.Date, strconv.Itoa(list.Total)
	s.Step("makeList 2")
	for i, part := range parts {
		list.Part, list.Entries, list.Count = i+1, part, len(part)
		if err := office.Send(ctx, tx, message.HolderListLetter, message.AtRegistry, message.TopicHolders, list); err != nil {
			return err
		}
	}
	return nil
}

// partSize is how many bytes of entries go in one letter: what its register takes in one transaction.
const partSize = post.MaxBody / 4

// split divides entries into parts of at most partSize; an empty list is one part.
func split(entries []message.HolderEntry) (parts [][]message.HolderEntry, err error) {
	begin, size := 0, 0
	for i, e := range entries {
		encoded, err := json.Marshal(e)
		if err != nil {
			return nil, fmt.Errorf("writing a holder list: %w", err)
		}
		if size += len(encoded) + 1; size > partSize && i > begin {
			parts = append(parts, entries[begin:i])
			begin, size = i, len(encoded)+1
		}
	}
	return append(parts, entries[begin:]), nil
}
