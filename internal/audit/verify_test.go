package audit_test

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/locale"
)

// chain returns n records that follow each other, and the heads after each.
func chain(n int, word string) ([]audit.Record, []audit.Head) {
	var records []audit.Record
	heads := []audit.Head{{}}
	for i := range n {
		encoding := fmt.Sprint(word, i)
		last := heads[i]
		head := audit.Head{Count: last.Count + 1, Hash: last.Hash.Link(encoding)}
		records = append(records, audit.Record{Seq: head.Count, Encoding: encoding, Hash: head.Hash})
		heads = append(heads, head)
	}
	return records, heads
}

func stream(records []audit.Record) iter.Seq2[audit.Record, error] {
	return func(yield func(audit.Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func checkpointOf(t *testing.T, key note.Signer, h audit.Head) string {
	t.Helper()
	checkpoint, err := h.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	return checkpoint
}

func TestVerify(t *testing.T) {
	key, keys := newKey(t, origin)
	stranger, _ := newKey(t, origin)
	records, heads := chain(5, "entry")
	others, otherHeads := chain(5, "other")
	sign := func(h audit.Head) string { return checkpointOf(t, key, h) }
	without := func(i int) []audit.Record { return slices.Delete(slices.Clone(records), i, i+1) }
	edited := func(edit func(r []audit.Record)) []audit.Record {
		r := slices.Clone(records)
		edit(r)
		return r
	}
	tests := []struct {
		name    string
		records []audit.Record
		head    string
		older   []string
		count   int64
		want    *audit.Break
	}{
		{"intact", records, sign(heads[5]), nil, 5, nil},
		{"intact since every older head", records, sign(heads[5]), []string{sign(heads[0]), sign(heads[3]), sign(heads[5])}, 5, nil},
		{"nothing recorded yet", nil, "", nil, 0, nil},
		{"text changed", edited(func(r []audit.Record) { r[2].Encoding = "x" }), sign(heads[5]), nil, 2, &audit.Break{Seq: 3, Reason: audit.Altered}},
		{"text and hash changed", edited(func(r []audit.Record) { r[2].Encoding = "x"; r[2].Hash = heads[2].Hash.Link("x") }), sign(heads[5]), nil, 3, &audit.Break{Seq: 4, Reason: audit.Altered}},
		{"last entry and its hash changed", edited(func(r []audit.Record) { r[4].Encoding = "x"; r[4].Hash = heads[4].Hash.Link("x") }), sign(heads[5]), nil, 4, &audit.Break{Seq: 5, Reason: audit.Rebuilt}},
		{"whole chain rebuilt", others, sign(heads[5]), nil, 4, &audit.Break{Seq: 5, Reason: audit.Rebuilt}},
		{"first removed", without(0), sign(heads[5]), nil, 0, &audit.Break{Seq: 1, Reason: audit.Missing}},
		{"one removed", without(2), sign(heads[5]), nil, 2, &audit.Break{Seq: 3, Reason: audit.Missing}},
		{"last removed", without(4), sign(heads[5]), nil, 4, &audit.Break{Seq: 5, Reason: audit.CutOff}},
		{"all removed", nil, sign(heads[5]), nil, 0, &audit.Break{Seq: 1, Reason: audit.CutOff}},
		{"two exchanged", edited(func(r []audit.Record) { r[1].Encoding, r[2].Encoding = r[2].Encoding, r[1].Encoding }), sign(heads[5]), nil, 1, &audit.Break{Seq: 2, Reason: audit.Altered}},
		{"two with their hashes exchanged", edited(func(r []audit.Record) {
			r[1], r[2] = r[2], r[1]
			r[1].Seq, r[2].Seq = 2, 3
		}), sign(heads[5]), nil, 1, &audit.Break{Seq: 2, Reason: audit.Altered}},
		{"number given twice", edited(func(r []audit.Record) { r[3].Seq = 3 }), sign(heads[5]), nil, 3, &audit.Break{Seq: 4, Reason: audit.Reordered}},
		{"one added", records, sign(heads[4]), nil, 5, &audit.Break{Seq: 5, Reason: audit.Surplus}},
		{"head removed", records, "", nil, 5, &audit.Break{Seq: 0, Reason: audit.HeadMissing}},
		{"head of another key", records, checkpointOf(t, stranger, heads[5]), nil, 5, &audit.Break{Seq: 0, Reason: audit.HeadForged}},
		{"head is garbage", records, "x", nil, 5, &audit.Break{Seq: 0, Reason: audit.HeadForged}},
		{"set back to an earlier state", records[:3], sign(heads[3]), []string{sign(heads[5])}, 3, &audit.Break{Seq: 4, Reason: audit.RolledBack}},
		{"set back to nothing", nil, "", []string{sign(heads[1])}, 0, &audit.Break{Seq: 1, Reason: audit.RolledBack}},
		{"rebuilt with the office's own key", others, sign(otherHeads[5]), []string{sign(heads[2])}, 1, &audit.Break{Seq: 2, Reason: audit.Rebuilt}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := audit.Verify(stream(tt.records), tt.head, keys, tt.older...)
			if err != nil {
				t.Fatal(err)
			}
			if got.Count != tt.count || fmt.Sprint(got.Break) != fmt.Sprint(tt.want) {
				t.Errorf("Verify = %d entries, %v, want %d, %v", got.Count, got.Break, tt.count, tt.want)
			}
			if b := got.Break; b != nil && locale.Text(locale.Japanese, b.Reason.TextKey()) == b.Reason.TextKey() {
				t.Errorf("reason %q has no text", b.Reason)
			}
		})
	}
}

func TestVerifyReportsTheHead(t *testing.T) {
	key, keys := newKey(t, origin)
	records, heads := chain(2, "entry")
	got, err := audit.Verify(stream(records), checkpointOf(t, key, heads[2]), keys)
	if err != nil || got.Head != heads[2] {
		t.Errorf("Verify = %v, %v, want head %v", got, err, heads[2])
	}
}

func TestVerifyAcceptsAFormerKey(t *testing.T) {
	former, formerKeys := newKey(t, origin)
	present, presentKeys := newKey(t, origin)
	records, heads := chain(3, "entry")
	var all []note.Verifier
	for _, k := range []struct {
		signer note.Signer
		keys   note.Verifiers
	}{{former, formerKeys}, {present, presentKeys}} {
		v, err := k.keys.Verifier(k.signer.Name(), k.signer.KeyHash())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	got, err := audit.Verify(stream(records), checkpointOf(t, present, heads[3]), note.VerifierList(all...), checkpointOf(t, former, heads[1]))
	if err != nil || got.Break != nil {
		t.Errorf("Verify = %v, %v, want an intact log", got, err)
	}
}

func TestVerifyCannotFindOut(t *testing.T) {
	key, keys := newKey(t, origin)
	stranger, _ := newKey(t, origin)
	records, heads := chain(2, "entry")
	head := checkpointOf(t, key, heads[2])
	unreadable := func(yield func(audit.Record, error) bool) { yield(audit.Record{}, io.ErrUnexpectedEOF) }

	if _, err := audit.Verify(unreadable, head, keys); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Verify of an unreadable log = %v, want %v", err, io.ErrUnexpectedEOF)
	}
	if _, err := audit.Verify(stream(records), head, keys, checkpointOf(t, stranger, heads[1])); !errors.Is(err, audit.ErrCheckpoint) {
		t.Errorf("Verify with a foreign checkpoint = %v, want %v", err, audit.ErrCheckpoint)
	}
}
