package audit

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Hash is the hash of an entry together with all entries before it. The zero
// value stands before the first entry.
type Hash [sha256.Size]byte

// String returns the hash in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Link returns the hash of the entry with this encoding that follows the entry
// with hash h.
func (h Hash) Link(encoding string) Hash {
	return sha256.Sum256(append(h[:], encoding...))
}

// Record is an entry at its place in a log.
type Record struct {
	Seq      int64  // 1 for the first entry
	Encoding string // as stored; read it with Parse
	Hash     Hash   // as stored
}

// Head is the end of a log. The zero value is that of an empty log.
type Head struct {
	Count int64 // number of entries
	Hash  Hash  // of the last entry
}

// ErrCheckpoint is the error of a text that is no checkpoint of this office.
var ErrCheckpoint = errors.New("invalid audit checkpoint")

// Sign returns the head as a checkpoint: a note signed by the office's audit
// key, whose name is the origin.
//
// Spec: C2SP signed-note
func (h Head) Sign(key note.Signer) (string, error) {
	text, err := note.Sign(&note.Note{Text: h.body(key.Name())}, key)
	if err != nil {
		return "", fmt.Errorf("signing audit head: %w", err)
	}
	return string(text), nil
}

// body returns the three lines that are signed.
func (h Head) body(origin string) string {
	return fmt.Sprintf("%s\n%d\n%s\n", origin, h.Count, base64.StdEncoding.EncodeToString(h.Hash[:]))
}

// OpenHead reads a checkpoint and checks its signature. keys holds the present
// audit key of the office and its former ones. Errors wrap [ErrCheckpoint].
func OpenHead(checkpoint string, keys note.Verifiers) (Head, error) {
	n, err := note.Open([]byte(checkpoint), keys)
	if err != nil {
		return Head{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	origin, rest, _ := strings.Cut(n.Text, "\n")
	count, sum, _ := strings.Cut(rest, "\n")
	var h Head
	h.Count, _ = strconv.ParseInt(count, 10, 64)
	hash, _ := base64.StdEncoding.DecodeString(strings.TrimSuffix(sum, "\n"))
	copy(h.Hash[:], hash)
	if h.Count < 0 || h.body(origin) != n.Text || origin != n.Sigs[0].Name {
		return Head{}, fmt.Errorf("%w: not the head of a log", ErrCheckpoint)
	}
	return h, nil
}
