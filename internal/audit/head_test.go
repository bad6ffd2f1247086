package audit_test

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/openjpki/jpki/internal/audit"
)

const origin = "ca.jpki-test.invalid/audit"

// newKey returns a new audit key with a name, and what verifies it.
func newKey(t testing.TB, name string) (note.Signer, note.Verifiers) {
	t.Helper()
	private, public, err := note.GenerateKey(nil, name)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	return signer, note.VerifierList(verifier)
}

// signed returns a signed note of any text.
func signed(t testing.TB, key note.Signer, text string) string {
	t.Helper()
	checkpoint, err := note.Sign(&note.Note{Text: text}, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(checkpoint)
}

func TestHead(t *testing.T) {
	key, keys := newKey(t, origin)
	for _, want := range []audit.Head{{}, {Count: 1234567, Hash: audit.Hash{}.Link("x")}} {
		checkpoint, err := want.Sign(key)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := audit.OpenHead(checkpoint, keys); err != nil || got != want {
			t.Errorf("OpenHead(%s) = %v, %v, want %v", checkpoint, got, err, want)
		}
	}
}

func TestCheckpointText(t *testing.T) {
	key, _ := newKey(t, origin)
	checkpoint, err := audit.Head{Count: 2}.Sign(key)
	want := origin + "\n2\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— " + origin + " "
	if err != nil || !strings.HasPrefix(checkpoint, want) {
		t.Errorf("Sign() = %q, %v, want %q and a signature", checkpoint, err, want)
	}
}

func TestOpenHeadRefuses(t *testing.T) {
	const hash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	key, keys := newKey(t, origin)
	stranger, _ := newKey(t, origin)
	good, err := audit.Head{Count: 2}.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, text string }{
		{"empty", ""},
		{"unsigned", origin + "\n2\n" + hash + "\n"},
		{"other key of the same name", signed(t, stranger, origin+"\n2\n"+hash+"\n")},
		{"count changed", strings.Replace(good, "\n2\n", "\n1\n", 1)},
		{"other origin", signed(t, key, "revocation.jpki-test.invalid/audit\n2\n"+hash+"\n")},
		{"no hash", signed(t, key, origin+"\n2\n")},
		{"short hash", signed(t, key, origin+"\n2\nAAAA\n")},
		{"hash in another form", signed(t, key, origin+"\n2\n"+strings.Replace(hash, "A=", "B=", 1)+"\n")},
		{"no count", signed(t, key, origin+"\n\n"+hash+"\n")},
		{"negative count", signed(t, key, origin+"\n-1\n"+hash+"\n")},
		{"count with a zero before it", signed(t, key, origin+"\n02\n"+hash+"\n")},
		{"fourth line", signed(t, key, origin+"\n2\n"+hash+"\nmore\n")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := audit.OpenHead(tt.text, keys); !errors.Is(err, audit.ErrCheckpoint) || got != (audit.Head{}) {
				t.Errorf("OpenHead = %v, %v, want %v", got, err, audit.ErrCheckpoint)
			}
		})
	}
}

// FuzzOpenHead signs any text with the office's key: what is accepted is what
// the head itself would have signed.
func FuzzOpenHead(f *testing.F) {
	key, keys := newKey(f, origin)
	f.Add(origin + "\n0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
	f.Add(origin + "\n99\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")
	f.Fuzz(func(t *testing.T, text string) {
		checkpoint, err := note.Sign(&note.Note{Text: text}, key)
		if err != nil {
			return // not the text of a note
		}
		head, err := audit.OpenHead(string(checkpoint), keys)
		if err != nil {
			return
		}
		if again, err := head.Sign(key); err != nil || again != string(checkpoint) {
			t.Errorf("Sign = %q, %v, opened from %q", again, err, checkpoint)
		}
	})
}
