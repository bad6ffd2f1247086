package softcard_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/openjpki/jpki/card/softcard"
	"github.com/openjpki/jpki/verify/verifytest"
)

// A thousand altered commands, each given to a card in the state in which the true one came: whatever was sent, what must
// hold holds, and the card always answers.
//
// Req: R-CRD-07
// Req: R-SEC-10
func TestMutatedCommands(t *testing.T) {
	const altered = 1000
	seeds := map[string][][]byte{}
	total := 0
	for _, name := range []string{"opensc", "client", "loading", "renewal", "unlock"} {
		seeds[name] = commandsOf(t, name)
		total += len(seeds[name])
	}
	each := altered/total + 1
	for name, commands := range seeds {
		t.Run(name, func(t *testing.T) {
			card := "issued.json"
			if name == "loading" {
				card = "blank.json"
			}
			p := newPlayer(t, read(t, card))
			for i, command := range commands {
				if len(command) == 0 {
					p.play([]byte{0, 0})
					continue
				}
				verifytest.Bounded(t, verifytest.Mutations(uint64(i), each, command), func(m verifytest.Mutation) { p.step(m.Bytes) })
				p.step(command)
			}
		})
	}
}

// commandsOf returns the commands of a seed, of which one without bytes is a reset.
func commandsOf(t *testing.T, name string) (commands [][]byte) {
	t.Helper()
	for sequence := seedOf(t, name)[1:]; len(sequence) >= 2; {
		size := int(binary.BigEndian.Uint16(sequence))
		commands = append(commands, sequence[2:2+size])
		sequence = sequence[2+size:]
	}
	return commands
}

// FuzzOpen: whatever a state file holds, opening it is refused or gives a card that answers, and the file stays one that
// can be opened.
func FuzzOpen(f *testing.F) {
	for _, name := range []string{"blank.json", "issued.json"} {
		content, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
		f.Add(content[:len(content)/2])
	}
	f.Add([]byte(`{"serial":""}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "card.json")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			card, err := softcard.Open(path, softcard.Options{Rand: same{}})
			if err != nil {
				return
			}
			for _, command := range []string{"\x00\xA4\x04\x0C\x0A\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01", "\x00\x20\x00\x80", "\x00\xB0\x00\x00\x00"} {
				if _, err := card.Transmit(t.Context(), []byte(command)); err != nil {
					t.Errorf("%X: %v", command, err)
				}
			}
			card.Close()
		}
	})
}
