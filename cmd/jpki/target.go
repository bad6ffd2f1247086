package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/pcsc"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/fault"
	"golang.org/x/term"
)

// target is the card a command works on: in a reader, or a virtual card of a data folder.
type target struct{ reader, pcsc, data, person *string }

// target declares the flags that choose a card.
func (in *invocation) target() target {
	return target{
		reader: in.flags.String("reader", "", "card in the reader of this `NAME`; without it the first card found"),
		pcsc:   in.flags.String("pcsc", "", "`PATH` of the PC/SC service's socket; else $PCSCLITE_CSOCK_NAME or that of pcscd"),
		data:   in.flags.String("data", "", "data folder `DIR` of the sandbox, with -person"),
		person: in.flags.String("person", "", "`ID` of a person whose virtual card is used directly"),
	}
}

// open selects the JPKI application of the chosen card. done ends the use of the card.
func (t target) open(ctx context.Context) (c *card.Card, done func(), err error) {
	if *t.person != "" || *t.data != "" {
		if *t.person == "" || *t.data == "" || *t.reader != "" {
			return nil, nil, usageError{"-data and -person go together, and without -reader"}
		}
		return t.openVirtual(ctx)
	}
	return t.openReader(ctx)
}

func (t target) openVirtual(ctx context.Context) (*card.Card, func(), error) {
	chip, err := app.OpenCard(*t.data, *t.person)
	if err != nil {
		return nil, nil, err
	}
	c, err := card.Open(ctx, chip)
	return c, func() { chip.Close() }, err
}

func (t target) openReader(ctx context.Context) (*card.Card, func(), error) {
	client, err := pcsc.Dial(ctx, t.socket())
	if err != nil {
		return nil, nil, err
	}
	name, err := choose(ctx, client, *t.reader)
	if err != nil {
		return nil, nil, err
	}
	conn, err := client.Connect(ctx, name, pcsc.Shared)
	if err != nil {
		return nil, nil, err
	}
	done := func() { _ = conn.Close(context.WithoutCancel(ctx), pcsc.Reset) } // the card forgets the PIN
	if err := conn.Begin(ctx); err != nil {
		done()
		return nil, nil, err
	}
	c, err := card.Open(ctx, conn)
	if err != nil {
		done()
	}
	return c, done, err
}

func (t target) socket() string {
	if *t.pcsc != "" {
		return *t.pcsc
	}
	return pcsc.SocketPath()
}

// choose returns the reader of that name, else the first with a card in it.
func choose(ctx context.Context, client *pcsc.Client, name string) (string, error) {
	readers, err := client.Readers(ctx)
	if err != nil {
		return "", err
	}
	if len(readers) == 0 {
		return "", fault.New(fault.Unavailable, "pcsc.no_reader")
	}
	for _, r := range readers {
		if name == r.Name || name == "" && r.Present {
			return r.Name, nil
		}
	}
	if name == "" {
		return "", pcsc.ErrNoCard
	}
	return "", pcsc.ErrUnknownReader
}

// keyFlag declares the flag that chooses a key pair.
func (in *invocation) keyFlag() *string {
	return in.flags.String("key", "", "which `KEY` pair: auth 利用者証明用 or sign 署名用")
}

func parseKey(name string) (card.Key, error) {
	switch name {
	case "auth":
		return card.Authentication, nil
	case "sign":
		return card.Signature, nil
	}
	return 0, usageError{"key " + name + " is neither auth nor sign"}
}

// pinFlag declares the flag that names an environment variable with a PIN.
func (in *invocation) pinFlag() *string {
	return in.flags.String("pin-env", "", "environment `VAR` that holds the PIN; else the PIN is asked for")
}

// prompt returns a question for a PIN that takes it from an environment variable, else from the person at the terminal.
func (in *invocation) prompt(variable string) card.PINPrompt {
	return func(key card.Key, retries int) (string, error) {
		if variable != "" && retries == 1 {
			return "", card.ErrLastTry // a script does not know; a person is asked below
		}
		return in.askPIN(variable, fmt.Sprintf("PIN of the %s key (%d tries left): ", key, retries))
	}
}

// askPIN reads a secret: from the environment, without echo from a terminal, or as a line of standard input.
func (in *invocation) askPIN(variable, question string) (string, error) {
	if variable != "" {
		pin := in.getenv(variable)
		if pin == "" {
			return "", fault.New(fault.Invalid, "cli.pin_env", variable)
		}
		return pin, nil
	}
	fmt.Fprint(in.stderr, question)
	defer fmt.Fprintln(in.stderr)
	fd := int(in.stdin.Fd())
	if term.IsTerminal(fd) {
		pin, err := term.ReadPassword(fd)
		return string(pin), err
	}
	return readLine(in.stdin)
}

// readLine reads one line byte by byte, so that what follows stays for the next question.
func readLine(f *os.File) (string, error) {
	var line strings.Builder
	for octet := make([]byte, 1); line.Len() < 256; {
		if n, err := f.Read(octet); n == 0 || err != nil {
			break
		}
		if octet[0] == '\n' {
			break
		}
		line.WriteByte(octet[0])
	}
	if line.Len() == 0 {
		return "", fault.New(fault.Invalid, "cli.no_pin")
	}
	return strings.TrimSuffix(line.String(), "\r"), nil
}

// printJSON writes a value for scripts.
func (in *invocation) printJSON(v any) error {
	encoder := json.NewEncoder(in.stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}
