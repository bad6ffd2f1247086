package softcard

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrInUse is returned when a card is already open, here or in another process.
var ErrInUse = errors.New("card is in use")

// readState reads the state file at path.
func readState(path string) (state, error) {
	var s state
	b, err := os.ReadFile(path)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return s, err
	}
	return s, s.check()
}

// writeState replaces the state file at path. When it returns nil the new state
// is on the disk; when power fails before, the old one or the new one is.
func writeState(path string, s *state) error {
	b, err := json.MarshalIndent(s, "", "\t")
	if err != nil {
		return err
	}
	if err := writeSynced(path+".new", b); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func writeSynced(path string, b []byte) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(b); err != nil {
		return err
	}
	return f.Sync()
}

func syncFolder(path string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return f.Sync()
}

// change applies edit to the state and writes it down. If that fails, the card
// goes on with the state it had.
func (c *Card) change(edit func(*state)) error {
	next := c.state
	edit(&next)
	if err := writeState(c.path, &next); err != nil {
		return fmt.Errorf("writing card state: %w", err)
	}
	c.state = next
	return nil
}
