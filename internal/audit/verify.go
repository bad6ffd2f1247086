package audit

import (
	"fmt"
	"iter"

	"golang.org/x/mod/sumdb/note"
)

// Reason says what is wrong at a place in a log. Its text is in package locale.
type Reason string

const (
	Altered     Reason = "altered"      // the entry is not the one that was written here
	Missing     Reason = "missing"      // the entry that belongs here was removed
	Reordered   Reason = "reordered"    // the entries are not in the order of their numbers
	CutOff      Reason = "cut_off"      // the log ends here, before its signed head
	Surplus     Reason = "surplus"      // the log goes on here, after its signed head
	Rebuilt     Reason = "rebuilt"      // the chain is not the one that was signed up to here
	RolledBack  Reason = "rolled_back"  // the log ends here, before a checkpoint that somebody kept
	HeadMissing Reason = "head_missing" // there are entries and no signed head
	HeadForged  Reason = "head_forged"  // the head is not signed by this office
)

// TextKey returns the key of the reason's text in package locale.
func (r Reason) TextKey() string { return "audit." + string(r) }

// Break is the first place where a log does not hold.
type Break struct {
	Seq    int64 // number of the entry; 0 for the head
	Reason Reason
}

// Report is what an auditor learns about a log.
type Report struct {
	Count int64  // entries that hold, from the first on
	Head  Head   // the signed head; zero if it is missing or forged
	Break *Break // nil if the whole log holds
}

// Verify checks the records of a log, in the order of their numbers, against
// its stored checkpoint ("" if there is none) and against older checkpoints
// that somebody kept. keys holds the present and former audit keys of the
// office. It reads each record once and keeps none.
//
// A log that does not hold is a result. An error says that it could not be
// read, or that an older checkpoint is not one of this office.
func Verify(records iter.Seq2[Record, error], checkpoint string, keys note.Verifiers, older ...string) (Report, error) {
	c := &checker{signed: map[int64][]Hash{}}
	for _, text := range older {
		head, err := OpenHead(text, keys)
		if err != nil {
			return Report{}, fmt.Errorf("opening older checkpoint: %w", err)
		}
		c.expect(head)
	}
	head, err := OpenHead(checkpoint, keys)
	genuine := err == nil
	if genuine {
		c.expect(head)
	}
	report := Report{Head: head}
	for r, err := range records {
		if err != nil {
			return Report{}, fmt.Errorf("reading audit log: %w", err)
		}
		if report.Break = c.follow(r); report.Break != nil {
			report.Count = c.at.Count
			return report, nil
		}
	}
	report.Count = c.at.Count
	report.Break = c.end(checkpoint, head, genuine)
	return report, nil
}

// checker walks along a log.
type checker struct {
	at     Head             // the entries that hold so far
	signed map[int64][]Hash // what was signed at each count
	newest int64            // the greatest count that was signed
}

func (c *checker) expect(h Head) {
	c.signed[h.Count] = append(c.signed[h.Count], h.Hash)
	c.newest = max(c.newest, h.Count)
}

// follow takes the next record, or says why it cannot be the next one.
func (c *checker) follow(r Record) *Break {
	seq := c.at.Count + 1
	switch {
	case r.Seq > seq:
		return &Break{seq, Missing}
	case r.Seq < seq:
		return &Break{seq, Reordered}
	case r.Hash != c.at.Hash.Link(r.Encoding):
		return &Break{seq, Altered}
	}
	for _, hash := range c.signed[seq] {
		if hash != r.Hash {
			return &Break{seq, Rebuilt}
		}
	}
	c.at = Head{seq, r.Hash}
	return nil
}

// end compares the end of the log with the heads that were signed.
func (c *checker) end(checkpoint string, head Head, genuine bool) *Break {
	next := c.at.Count + 1
	switch {
	case checkpoint == "" && c.at.Count > 0:
		return &Break{0, HeadMissing}
	case checkpoint != "" && !genuine:
		return &Break{0, HeadForged}
	case head.Count > c.at.Count:
		return &Break{next, CutOff}
	case c.newest > c.at.Count:
		return &Break{next, RolledBack}
	case head.Count < c.at.Count:
		return &Break{head.Count + 1, Surplus}
	}
	return nil
}
