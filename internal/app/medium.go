package app

import (
	"context"
	"crypto/ecdh"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/post/medium"
	"github.com/openjpki/jpki/internal/registry"
)

// floppy is the medium FD between the terminal of the register and the terminal of a counter, where no network joins the
// two: a folder on which the one writes and from which the other reads.
type floppy struct {
	writer *medium.Writer
	reader *medium.Reader
}

// newFloppy makes the medium to a counter. Each end has a key of its own.
func newFloppy(register, counter setting, dir string, receive post.Receiver) (f floppy, err error) {
	seal, err := register.key("medium.key")
	if err != nil {
		return f, err
	}
	opener, err := counter.key("medium.key")
	if err != nil {
		return f, err
	}
	key, err := ecdh.X25519().NewPrivateKey(opener)
	if err != nil {
		return f, err
	}
	kept, state := register.path("medium"), counter.path("medium")
	if err := errors.Join(os.MkdirAll(dir, 0o700), os.MkdirAll(filepath.Join(kept, string(counter.office)), 0o700), os.MkdirAll(state, 0o700)); err != nil {
		return f, err
	}
	signer := ed25519.NewKeyFromSeed(seal)
	f.writer, err = medium.NewWriter(medium.WriterConfig{
		Office: register.office, Medium: dir, Kept: kept, Key: signer, Now: register.now,
		Recipients: map[post.Address]*ecdh.PublicKey{counter.office: key.PublicKey()},
		Step:       register.step,
	})
	if err != nil {
		return f, err
	}
	f.reader, err = medium.NewReader(medium.ReaderConfig{
		Office: counter.office, Medium: dir, State: state, Key: key, Receive: receive,
		Senders: map[post.Address]ed25519.PublicKey{register.office: signer.Public().(ed25519.PublicKey)},
		Step:    counter.step,
	})
	return f, err
}

// bring has the register write what it certifies of a resident to the medium, and takes it to the counter.
func (s *Sandbox) bring(ctx context.Context, actor authz.Actor, code registry.ResidentCode, counter post.Address, application string) error {
	if err := s.Registry.ExportByMedium(ctx, actor, code, counter, application); err != nil {
		return err
	}
	if err := s.Settle(ctx); err != nil {
		return err
	}
	_, err := s.floppies[counter].reader.Import(ctx)
	return err
}

// way returns how letters between two offices of the sandbox travel.
func (s *Sandbox) way(from, to post.Address, local post.Carrier) post.Carrier {
	if f, apart := s.floppies[to]; apart && from == message.AtRegistry {
		local = f.writer.Carry
	}
	return s.Carry(from, to, local)
}
