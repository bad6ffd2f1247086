package medium_test

import (
	"context"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/openjpki/jpki/internal/crashtest"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/post/medium"
	"github.com/openjpki/jpki/internal/post/postdb"
	"github.com/openjpki/jpki/internal/post/posttest"
)

func TestMain(m *testing.M) { crashtest.Main(m, map[string]crashtest.Scenario{"walk": walk}) }

// slips is how many slips the scenario sends.
const slips = 8

// walk is a clerk who takes a medium from one office to the other until all slips are there.
func walk(dir string, at func(string)) error {
	ctx := context.Background()
	sender, receiver, writer, reader, err := openWalk(ctx, dir, at)
	if err != nil {
		return err
	}
	defer sender.DB.Close()
	defer receiver.DB.Close()
	courier := sender.Courier(map[post.Address]post.Carrier{posttest.Receiver: writer.Carry})
	for {
		if _, err := reader.Import(ctx); err != nil {
			return err
		}
		said, err := sender.Said(ctx, posttest.Receiver, "issue")
		if err != nil {
			return err
		}
		_, waiting, err := postdb.Outbox{DB: sender.DB}.NextDue(ctx)
		if err != nil || said == slips && !waiting {
			return err
		}
		for n := said; n < min(said+2, slips); n++ {
			if err := sender.Say(ctx, posttest.Receiver, "issue", posttest.Slip{Number: n}); err != nil {
				return err
			}
		}
		if err := courier.Deliver(ctx); err != nil {
			return err
		}
	}
}

func openWalk(ctx context.Context, dir string, at func(string)) (sender, receiver *posttest.Office, w *medium.Writer, r *medium.Reader, err error) {
	now := func() time.Time { return time.Date(2003, 8, 29, 0, 0, 0, 0, time.UTC) }
	if sender, err = posttest.Open(ctx, posttest.Config{Address: posttest.Sender, Dir: dir, Now: now}); err != nil {
		return nil, nil, nil, nil, err
	}
	if receiver, err = posttest.Open(ctx, posttest.Config{Address: posttest.Receiver, Dir: dir, Now: now}); err != nil {
		return nil, nil, nil, nil, err
	}
	seed, errSeed := os.ReadFile(filepath.Join(dir, "signing"))
	scalar, errScalar := os.ReadFile(filepath.Join(dir, "opening"))
	if err := errors.Join(errSeed, errScalar); err != nil {
		return nil, nil, nil, nil, err
	}
	opening, err := ecdh.X25519().NewPrivateKey(scalar)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	signing := ed25519.NewKeyFromSeed(seed)
	w, errWriter := medium.NewWriter(medium.WriterConfig{
		Office: posttest.Sender, Medium: filepath.Join(dir, "medium"), Kept: filepath.Join(dir, "kept"), Key: signing,
		Recipients: map[post.Address]*ecdh.PublicKey{posttest.Receiver: opening.PublicKey()}, Now: now, Step: at,
	})
	r, errReader := medium.NewReader(medium.ReaderConfig{
		Office: posttest.Receiver, Medium: filepath.Join(dir, "medium"), State: filepath.Join(dir, "state"), Key: opening,
		Senders: map[post.Address]ed25519.PublicKey{posttest.Sender: signing.Public().(ed25519.PublicKey)},
		Receive: receiver.Inbox.Receive, Step: at,
	})
	return sender, receiver, w, r, errors.Join(errWriter, errReader)
}

func newWalk(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "medium"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"signing", "opening"} {
		secret := make([]byte, 32)
		rand.Read(secret)
		if err := os.WriteFile(filepath.Join(dir, name), secret, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// checkWalk: each slip once and in order; in the end all of them, and an empty medium.
func checkWalk(t *testing.T, dir string, complete bool) {
	t.Helper()
	sender, receiver, _, _, err := openWalk(t.Context(), dir, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	defer sender.DB.Close()
	defer receiver.DB.Close()
	told, err := receiver.Told(t.Context(), posttest.Sender, "issue")
	if err != nil || complete && len(told) != slips {
		t.Fatalf("slips = %v, %v, want %d in the end", told, err, slips)
	}
	for i, n := range told {
		if n != i {
			t.Fatalf("slips = %v, want each once and in order", told)
		}
	}
	if entries, err := os.ReadDir(filepath.Join(dir, "medium")); err != nil || complete && len(entries) > 0 {
		t.Errorf("on the medium: %v, %v, want nothing in the end", entries, err)
	}
}

func walkSteps(t *testing.T) []string {
	t.Helper()
	return append(crashtest.Steps(t, "writer.go", "Carry"), crashtest.Steps(t, "reader.go", "Import")...)
}

func TestKilledInEveryStep(t *testing.T) { play.KilledInEveryStep(t, walkSteps(t), 1, 2, 3) }

func TestKilledAnywhere(t *testing.T) {
	play.KilledAnywhere(t, walkSteps(t), crashtest.Luck{Seeds: 6, Kills: 5, Count: 4, Within: 120 * time.Millisecond})
}

var play = crashtest.Play{Scenario: "walk", Folder: newWalk, Check: checkWalk}
