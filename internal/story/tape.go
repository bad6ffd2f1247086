package story

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/openjpki/jpki/internal/post"
)

// maxTape bounds a tape, in bytes.
const maxTape = 1 << 20

// Item is one thing on a tape: a letter, or a command to the card with its answer.
type Item struct {
	Step string    `json:"step"`
	Time time.Time `json:"time"`
	Name string    `json:"name"` // "issue_request/1", "VERIFY"
	// Of a letter.
	Message string       `json:"message,omitempty"` // its ID
	From    post.Address `json:"from,omitempty"`
	To      post.Address `json:"to,omitempty"`
	Size    int          `json:"size,omitempty"`     // of the whole body, in bytes
	Body    string       `json:"body,omitempty"`     // JSON
	LeftOut int          `json:"left_out,omitempty"` // entries about others
	// Of a command.
	Place    Place  `json:"place,omitempty"`   // of the reader
	Command  string `json:"command,omitempty"` // hexadecimal; "[n]" stands for n bytes that are not kept
	Response string `json:"response,omitempty"`
}

// tape is what was recorded of one visitor's life. It is a file to which each item is added, so that it outlives the
// process; the system may lose its end, since it proves nothing.
type tape struct {
	file string

	mu    sync.Mutex
	items []Item
	size  int
	known map[string]string // step by the ID of a letter
}

// openTape reads a tape, or begins one. A last line that was cut off is left out.
func openTape(file string) (*tape, error) {
	t := &tape{file: file, known: map[string]string{}}
	encoded, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading tape: %w", err)
	}
	for line := range bytes.Lines(encoded) {
		var i Item
		if json.Unmarshal(line, &i) == nil {
			t.take(i, len(line))
		}
	}
	return t, nil
}

// add puts an item on the tape, unless it is full or has that letter. A tape that cannot be written holds it for this
// process only.
func (t *tape) add(i Item) {
	encoded, err := json.Marshal(i)
	if err != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, again := t.known[i.Message]; again || t.size+len(encoded) > maxTape {
		return
	}
	t.take(i, len(encoded)+1)
	f, err := os.OpenFile(t.file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	_, _ = f.Write(append(encoded, '\n'))
}

func (t *tape) take(i Item, size int) {
	t.items = append(t.items, i)
	t.size += size
	if i.Message != "" {
		t.known[i.Message] = i.Step
	}
}

// of returns what is on the tape of a step.
func (t *tape) of(step string) []Item {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(t.items), func(i Item) bool { return i.Step != step })
}

// stepOf returns the step to which a letter on the tape belongs, "" if it is not there.
func (t *tape) stepOf(message string) string {
	if t == nil {
		return ""
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.known[message]
}
