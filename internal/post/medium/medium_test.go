package medium_test

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/post/medium"
	"github.com/openjpki/jpki/internal/post/posttest"
)

// desk is both sides with a medium that goes from one to the other.
type desk struct {
	folder   string // the medium
	writing  medium.WriterConfig
	reading  medium.ReaderConfig
	writer   *medium.Writer
	reader   *medium.Reader
	received []post.Message
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	signing, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	opening, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{folder: t.TempDir()}
	d.writing = medium.WriterConfig{
		Office: posttest.Sender, Medium: d.folder, Kept: t.TempDir(), Key: key,
		Recipients: map[post.Address]*ecdh.PublicKey{posttest.Receiver: opening.PublicKey()},
		Now:        func() time.Time { return time.Date(2003, 8, 29, 0, 0, 0, 0, time.UTC) },
		Keep:       3,
	}
	d.reading = medium.ReaderConfig{
		Office: posttest.Receiver, Medium: d.folder, State: t.TempDir(), Key: opening,
		Senders: map[post.Address]ed25519.PublicKey{posttest.Sender: signing},
		Receive: func(ctx context.Context, from post.Address, batch []post.Message) ([]post.Receipt, error) {
			d.received = append(d.received, batch...)
			return posttest.Accept(ctx, from, batch)
		},
	}
	d.open(t)
	return d
}

// open makes both sides anew.
func (d *desk) open(t testing.TB) {
	t.Helper()
	var errWriter, errReader error
	d.writer, errWriter = medium.NewWriter(d.writing)
	d.reader, errReader = medium.NewReader(d.reading)
	if err := errors.Join(errWriter, errReader); err != nil {
		t.Fatal(err)
	}
}

func (d *desk) carry(t testing.TB, batch []post.Message) {
	t.Helper()
	if _, err := d.writer.Carry(t.Context(), posttest.Receiver, batch); err != nil {
		t.Fatal(err)
	}
}

// name is the file with a number on the medium.
func (d *desk) name(number int) string {
	return filepath.Join(d.folder, fmt.Sprintf("counter-99201_ca_%09d.jpki", number))
}

func (d *desk) read(t testing.TB, number int) []byte {
	t.Helper()
	data, err := os.ReadFile(d.name(number))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (d *desk) put(t testing.TB, number int, data []byte) {
	t.Helper()
	if err := os.WriteFile(d.name(number), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// imports runs an import and returns the numbers of what was imported.
func (d *desk) imports(t testing.TB) (numbers []int64, err error) {
	t.Helper()
	done, err := d.reader.Import(t.Context())
	for _, i := range done {
		numbers = append(numbers, i.Number)
	}
	return numbers, err
}

// onMedium lists the files on the medium.
func (d *desk) onMedium(t testing.TB) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(d.folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestCarrier(t *testing.T) {
	posttest.RunCarrier(t, func(t *testing.T, receive post.Receiver) posttest.Link {
		d := newDesk(t)
		d.reading.Receive = receive
		d.open(t)
		return posttest.Link{Carry: d.writer.Carry, Arrive: func(ctx context.Context) error {
			_, err := d.reader.Import(ctx)
			return err
		}}
	})
}

// Req: R-SYS-12
func TestSignedOneWayErased(t *testing.T) {
	d := newDesk(t)
	batch := posttest.Batch(1, 3)
	d.carry(t, batch)
	data := d.read(t, 1)
	if bytes.Contains(data, []byte("Words")) || bytes.Contains(data, batch[0].Body[:8]) {
		t.Error("the medium holds a message in the clear")
	}
	second, err := os.OpenFile(d.name(1), os.O_RDWR, 0) // a second look at the same blocks, after the file has lost its name
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()

	done, err := d.reader.Import(t.Context())
	want := []medium.Imported{{From: posttest.Sender, Number: 1, Written: d.writing.Now(), Receipts: []post.Receipt{
		{Topic: "issue", Seq: 1, Outcome: post.Accepted}, {Topic: "issue", Seq: 2, Outcome: post.Accepted}, {Topic: "issue", Seq: 3, Outcome: post.Accepted},
	}}}
	if diff := cmp.Diff(want, done); err != nil || diff != "" {
		t.Errorf("Import: %v, -want +got\n%s", err, diff)
	}
	if diff := cmp.Diff(batch, d.received); diff != "" {
		t.Errorf("messages: -want +got\n%s", diff)
	}
	left := make([]byte, len(data))
	if n, err := second.ReadAt(left, 0); n != len(data) || len(bytes.Trim(left, "\x00")) > 0 {
		t.Errorf("%d bytes left of the file, %v, want %d zeros", n, err, len(data))
	}
	if names := d.onMedium(t); len(names) != 0 {
		t.Errorf("on the medium: %v, want nothing", names)
	}
}

// No network route leads from one side to the other: the package knows no network.
//
// Req: R-SYS-12
func TestNoNetwork(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			if path := strings.Trim(i.Path.Value, `"`); path == "net" || strings.HasPrefix(path, "net/") || path == "syscall" || path == "os/exec" {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}

// What was altered in any part is refused and left; when it is put right, it is imported.
func TestAltered(t *testing.T) {
	d := newDesk(t)
	d.carry(t, posttest.Batch(1, 1))
	genuine := d.read(t, 1)
	flip := func(i int) []byte {
		data := bytes.Clone(genuine)
		data[i] ^= 1
		return data
	}
	first := bytes.IndexByte(genuine, '\n')
	second := first + 1 + bytes.IndexByte(genuine[first+1:], '\n')
	swap := func(old, new string) []byte { return bytes.Replace(genuine, []byte(old), []byte(new), 1) }
	for name, data := range map[string][]byte{
		"empty": {}, "one line": genuine[:first], "no batch": genuine[:second+1], "half": genuine[:len(genuine)/2],
		"last byte missing": genuine[:len(genuine)-1], "a byte more": append(bytes.Clone(genuine), 0), "too large": make([]byte, 8<<20),
		"sender": swap("counter-99201", "counter-99202"), "number": swap(`"number":1`, `"number":2`), "time": swap(`"written":1`, `"written":2`),
		"white space": swap(`{"v"`, `{ "v"`), "signature": flip(first + 5), "batch": flip(second + 1), "end of the batch": flip(len(genuine) - 1),
		"signature not canonical": append(append(append(bytes.Clone(genuine[:second-3]), 'B'), genuine[second-2:second]...), genuine[second:]...),
	} {
		d.put(t, 1, data)
		numbers, err := d.imports(t)
		if key := fault.KeyOf(err); key != "post.medium_altered" && !(name == "sender" && key == "post.medium_foreign") || len(numbers) > 0 {
			t.Errorf("%s: Import = %v, %v, want post.medium_altered", name, numbers, err)
		}
		if !bytes.Equal(d.read(t, 1), data) {
			t.Errorf("%s: the refused file was changed", name)
		}
	}
	if len(d.received) > 0 {
		t.Errorf("%d messages arrived from altered media", len(d.received))
	}
	d.put(t, 1, genuine)
	if numbers, err := d.imports(t); err != nil || !slices.Equal(numbers, []int64{1}) {
		t.Errorf("Import of the genuine file = %v, %v", numbers, err)
	}
}

func TestForeign(t *testing.T) {
	tests := []struct {
		name   string
		change func(t *testing.T, d *desk)
		want   string
	}{
		{"unknown sender", func(_ *testing.T, d *desk) { d.reading.Senders = nil }, "post.medium_foreign"},
		{"another receiver", func(_ *testing.T, d *desk) { d.reading.Office = "counter-99999" }, "post.medium_foreign"},
		{"key of another sender", func(t *testing.T, d *desk) { d.reading.Senders = newDesk(t).reading.Senders }, "post.medium_altered"},
		{"encrypted to another key", func(t *testing.T, d *desk) { d.reading.Key = newDesk(t).reading.Key }, "post.medium_altered"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			d.carry(t, posttest.Batch(1, 1))
			tt.change(t, d)
			d.open(t)
			if numbers, err := d.imports(t); fault.KeyOf(err) != tt.want || len(numbers)+len(d.received) > 0 {
				t.Errorf("Import = %v, %v, want %s", numbers, err, tt.want)
			}
			if names := d.onMedium(t); len(names) != 1 {
				t.Errorf("on the medium: %v, want the refused file", names)
			}
		})
	}
}

func TestSequence(t *testing.T) {
	d := newDesk(t)
	for n := range int64(5) {
		d.carry(t, posttest.Batch(n+1, n+1))
	}
	kept := map[int][]byte{}
	for n := 1; n <= 5; n++ {
		kept[n] = d.read(t, n)
	}
	os.Remove(d.name(3)) // lost on the way
	if numbers, err := d.imports(t); fault.KeyOf(err) != "post.medium_missing" || !slices.Equal(numbers, []int64{1, 2}) {
		t.Errorf("Import with the third missing = %v, %v, want the first two and post.medium_missing", numbers, err)
	}
	if err := d.writer.Rewrite(posttest.Receiver, 3); err != nil {
		t.Fatal(err)
	}
	if numbers, err := d.imports(t); err != nil || !slices.Equal(numbers, []int64{3, 4, 5}) {
		t.Errorf("Import = %v, %v, want the rest", numbers, err)
	}
	d.put(t, 2, kept[2])
	if numbers, err := d.imports(t); fault.KeyOf(err) != "post.medium_replayed" || len(numbers) > 0 {
		t.Errorf("Import of an old file = %v, %v, want post.medium_replayed", numbers, err)
	}
	os.Remove(d.name(2))
	d.put(t, 5, kept[5])
	done, err := d.reader.Import(t.Context())
	if err != nil || len(done) != 1 || !done[0].Known || len(d.onMedium(t)) > 0 {
		t.Errorf("Import of the last file again = %v, %v, want it known and erased", done, err)
	}
	if len(d.received) != 5 {
		t.Errorf("%d messages arrived, want 5", len(d.received))
	}
	if err := d.writer.Rewrite(posttest.Receiver, 2); fault.KeyOf(err) != "post.medium_gone" {
		t.Errorf("Rewrite of a file that is not kept any more = %v, want post.medium_gone", err)
	}
}

// Trouble with one sender's file does not keep another's back.
func TestSeveralSenders(t *testing.T) {
	d, other := newDesk(t), newDesk(t)
	other.writing.Office, other.writing.Medium, other.writing.Recipients = "registry-99201", d.folder, d.writing.Recipients
	d.reading.Senders["registry-99201"] = other.reading.Senders[posttest.Sender]
	other.open(t)
	d.carry(t, posttest.Batch(1, 1))
	d.put(t, 1, append(d.read(t, 1), 0))
	other.carry(t, posttest.Batch(1, 1))
	done, err := d.reader.Import(t.Context())
	if fault.KeyOf(err) != "post.medium_altered" || len(done) != 1 || done[0].From != "registry-99201" || d.received[0].From != "registry-99201" {
		t.Errorf("Import = %v, %v, want the file of the other sender and post.medium_altered", done, err)
	}
}

// Without a medium the batch waits; its number is used once, whatever comes first.
func TestMediumAbsent(t *testing.T) {
	d := newDesk(t)
	away := d.folder + " away"
	if err := os.Rename(d.folder, away); err != nil {
		t.Fatal(err)
	}
	if _, err := d.writer.Carry(t.Context(), posttest.Receiver, posttest.Batch(1, 1)); fault.KeyOf(err) != "post.medium_absent" {
		t.Errorf("Carry without a medium = %v, want post.medium_absent", err)
	}
	if _, err := d.reader.Import(t.Context()); fault.KeyOf(err) != "post.medium_absent" {
		t.Errorf("Import without a medium = %v, want post.medium_absent", err)
	}
	if err := os.Rename(away, d.folder); err != nil {
		t.Fatal(err)
	}
	d.carry(t, posttest.Batch(1, 1)) // the outbox sends it again
	if numbers, err := d.imports(t); err != nil || !slices.Equal(numbers, []int64{1, 2}) {
		t.Errorf("Import = %v, %v, want 1 and 2", numbers, err)
	}
	if len(d.received) != 2 || d.received[0].Digest() != d.received[1].Digest() {
		t.Errorf("arrived: %v, want the one message twice", d.received)
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := medium.NewWriter(medium.WriterConfig{}); err == nil {
		t.Error("NewWriter of nothing = nil, want an error")
	}
	if _, err := medium.NewReader(medium.ReaderConfig{}); err == nil {
		t.Error("NewReader of nothing = nil, want an error")
	}
}

// Whatever is on the medium, only the genuine file arrives.
func FuzzImport(f *testing.F) {
	d := newDesk(f)
	d.carry(f, posttest.Batch(1, 1))
	genuine := d.read(f, 1)
	f.Add(genuine)
	f.Add(genuine[:100])
	f.Add(bytes.Replace(genuine, []byte(`"number":1`), []byte(`"number":2`), 1))
	f.Add(append(bytes.Clone(genuine), '\n'))
	f.Add([]byte("{\"v\":1,\"from\":\"counter-99201\",\"to\":\"ca\",\"number\":1,\"written\":0}\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d.reading.State, d.received = t.TempDir(), nil
		d.open(t)
		d.put(t, 1, data)
		numbers, err := d.imports(t)
		if arrived := len(d.received) > 0; arrived != bytes.Equal(data, genuine) || arrived != (err == nil) {
			t.Errorf("Import = %v, %v of other bytes than were sealed", numbers, err)
		}
	})
}
