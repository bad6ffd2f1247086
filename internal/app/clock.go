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
	// Stands is the instant at which the clock stands still, in Unix seconds; 0 if it runs.
	Stands int64 `json:"stands,omitempty"`
}

func (c Clock) read() (f clockFile, err error) {
	text, err := os.ReadFile(c.file)
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &f)
	}
	if err != nil {
		return f, fmt.Errorf("reading the nation's clock: %w", err)
	}
	return f, nil
}

// Offset returns how far the clock is ahead of real time; it is negative for a clock that is behind.
func (c Clock) Offset() (time.Duration, error) {
	f, err := c.read()
	if f.Stands != 0 {
		return time.Until(time.Unix(f.Stands, 0)), err
	}
	return time.Duration(f.OffsetSeconds) * time.Second, err
}

// Now returns the nation's time: UTC, whole seconds. A clock file that cannot be read stands for real time.
func (c Clock) Now() time.Time {
	f, _ := c.read()
	if f.Stands != 0 {
		return time.Unix(f.Stands, 0).UTC()
	}
	return time.Now().Add(time.Duration(f.OffsetSeconds) * time.Second).UTC().Truncate(time.Second)
}

// Stands reports whether the clock stands still.
func (c Clock) Stands() bool {
	f, _ := c.read()
	return f.Stands != 0
}

// Set moves the clock to an instant, which may not be before its present time. A clock that stands still stands there.
// Fault: "app.clock_back".
func (c Clock) Set(to time.Time) error {
	if to.Before(c.Now()) {
		return fault.New(fault.Conflict, "app.clock_back")
	}
	f, err := c.read()
	if err != nil {
		return err
	}
	if f.Stands != 0 {
		return c.Stop(to)
	}
	return c.Start(to)
}

// Start lets the clock run from an instant on. It rounds up, so that the clock is never behind what it was set to.
func (c Clock) Start(at time.Time) error {
	return c.write(clockFile{OffsetSeconds: int64(math.Ceil(time.Until(at).Seconds()))})
}

// Stop lets the clock stand still at an instant, so that it does not matter how long something takes.
func (c Clock) Stop(at time.Time) error { return c.write(clockFile{Stands: at.Unix()}) }

func (c Clock) write(f clockFile) error {
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return durable.Replace(c.file, append(text, '\n'), 0o600)
}
