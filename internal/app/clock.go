package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/openjpki/jpki/internal/durable"
	"github.com/openjpki/jpki/internal/fault"
)

// Clock is the nation's clock: real time, moved. Its offset stands in a file, so that all processes of a nation have one
// clock and a nation that is opened again goes on where it stopped. Only a sandbox has one; offices that serve real
// residents have the time of the machine.
type Clock struct{ file string }

// OpenClock returns the clock whose offset is in a file. Without the file it is real time.
func OpenClock(file string) Clock { return Clock{file} }

// ClockOf returns the clock of the nation in a data folder.
func ClockOf(dir string) Clock { return OpenClock(filepath.Join(dir, "clock.json")) }

type clockFile struct {
	OffsetSeconds int64 `json:"offset_seconds"`
}

// Offset returns how far the clock is ahead of real time; it is negative for a clock that is behind.
func (c Clock) Offset() (time.Duration, error) {
	text, err := os.ReadFile(c.file)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	var f clockFile
	if err == nil {
		err = json.Unmarshal(text, &f)
	}
	if err != nil {
		return 0, fmt.Errorf("reading the nation's clock: %w", err)
	}
	return time.Duration(f.OffsetSeconds) * time.Second, nil
}

// Now returns the nation's time: UTC, whole seconds. A clock file that cannot be read stands for real time.
func (c Clock) Now() time.Time {
	offset, _ := c.Offset()
	return time.Now().Add(offset).UTC().Truncate(time.Second)
}

// Set moves the clock to an instant, which may not be before its present time. Fault: "app.clock_back".
func (c Clock) Set(to time.Time) error {
	if to.Before(c.Now()) {
		return fault.New(fault.Conflict, "app.clock_back")
	}
	return c.set(time.Until(to))
}

// Start sets the clock of a nation that has no past yet.
func (c Clock) Start(at time.Time) error { return c.set(time.Until(at)) }

// set rounds up, so that the clock is never behind what it was set to.
func (c Clock) set(offset time.Duration) error {
	text, err := json.Marshal(clockFile{int64(math.Ceil(offset.Seconds()))})
	if err != nil {
		return err
	}
	return durable.Replace(c.file, append(text, '\n'), 0o600)
}
