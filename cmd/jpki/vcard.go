package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card/pcsc"
	"github.com/openjpki/jpki/card/softcard"
	"github.com/openjpki/jpki/card/vpcd"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
)

func vcardNew(ctx context.Context, in *invocation) error {
	data := in.flags.String("data", "", "data folder `DIR` of the sandbox; made on first use")
	a := app.Application{}
	in.flags.StringVar(&a.ID, "person", "", "`ID` of the person: letters, digits, - and _")
	name := in.flags.String("name", "", "`氏名`, family and given name apart by a space")
	birth := in.flags.String("birth", "", "birth `DATE`, as 1980-02-17")
	sex := in.flags.String("sex", "", "`S`: male, female or unknown")
	address := in.flags.String("address", "", "`住所` from the prefecture on")
	in.flags.StringVar(&a.PINs.Auth, "pin-auth", "1234", "`PIN` of the authentication key, four digits")
	in.flags.StringVar(&a.PINs.Sign, "pin-sign", "ABC123", "`PIN` of the signature key, 6 to 16 capitals and digits")
	asJSON := in.flags.Bool("json", false, "print JSON")
	if err := in.parse(0, 0); err != nil {
		return err
	}
	if err := in.required("data", "person"); err != nil {
		return err
	}
	a.Attributes = app.Invent(a.ID)
	if err := describe(&a.Attributes, *name, *birth, *sex, *address); err != nil {
		return err
	}
	s, err := app.Open(ctx, app.Config{Dir: *data})
	if err != nil {
		return err
	}
	defer s.Close()
	p, err := s.NewCard(ctx, a)
	if err != nil {
		return err
	}
	return in.printCard(s, p, *asJSON)
}

// describe replaces what is invented by what is given.
func describe(p *message.Attributes, name, birth, sex, address string) error {
	if name != "" {
		p.Name = strings.Join(strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '　' }), "　")
	}
	if address != "" {
		p.Address = address
	}
	if birth != "" {
		day, err := time.Parse(time.DateOnly, birth)
		if err != nil {
			return usageError{"birth date is not of the form 1980-02-17"}
		}
		p.Birth = jpki.BirthOn(day)
	}
	switch sex {
	case "":
	case "male":
		p.Sex = jpki.Male
	case "female":
		p.Sex = jpki.Female
	case "unknown":
		p.Sex = jpki.UnknownSex
	default:
		return usageError{"sex is not male, female or unknown"}
	}
	return nil
}

func (in *invocation) printCard(s *app.Sandbox, p app.Person, asJSON bool) error {
	file, err := app.CardFile(s.Dir, p.ID)
	if err != nil {
		return err
	}
	ca := app.PINs{Auth: s.CAFile(jpki.Authentication), Sign: s.CAFile(jpki.Signing)}
	if asJSON {
		return in.printJSON(map[string]any{"person": p.ID, "card": file, "pins": p.PINs, "ca": ca})
	}
	fmt.Fprintf(in.stdout, "card   %s\nPINs   auth %s, sign %s\nCAs    %s, %s\nnext   jpki vcard run -data %s -person %s\n",
		file, p.PINs.Auth, p.PINs.Sign, ca.Auth, ca.Sign, s.Dir, p.ID)
	return nil
}

// names collects a flag that may be given several times.
type names []string

func (n *names) String() string     { return strings.Join(*n, ",") }
func (n *names) Set(s string) error { *n = append(*n, s); return nil }

func vcardRun(ctx context.Context, in *invocation) error {
	data := in.flags.String("data", "", "data folder `DIR` of the sandbox")
	var persons names
	in.flags.Var(&persons, "person", "`ID` of the person whose card goes in; may be repeated, each card has its own reader")
	socket := in.flags.String("socket", "", "`PATH` of our PC/SC service's socket; without it a new one")
	pcscd := in.flags.Bool("pcscd", false, "put one card into a running pcscd instead")
	slot := in.flags.String("vpcd", vpcd.DefaultAddr, "`ADDRESS` of the virtual reader's slot, with -pcscd")
	if err := in.parse(0, 0); err != nil {
		return err
	}
	if err := in.required("data", "person"); err != nil {
		return err
	}
	if *pcscd && (*socket != "" || len(persons) > 1) {
		return usageError{"-pcscd takes one -person and no -socket"}
	}
	if len(persons) > pcsc.MaxReaders {
		return usageError{fmt.Sprintf("more than %d cards", pcsc.MaxReaders)}
	}
	chips, err := insertable(*data, persons)
	if err != nil {
		return err
	}
	defer func() {
		for _, chip := range chips {
			chip.Close()
		}
	}()
	if *pcscd {
		return in.intoPcscd(ctx, *slot, chips[0])
	}
	return in.serveCards(ctx, *socket, chips)
}

// insertable opens the cards of the persons.
func insertable(data string, persons names) (chips []*softcard.Card, err error) {
	for _, id := range persons {
		_, err := app.LoadPerson(data, id)
		var chip *softcard.Card
		if err == nil {
			chip, err = app.OpenCard(data, id)
		}
		if err != nil {
			for _, open := range chips {
				open.Close()
			}
			return nil, err
		}
		chips = append(chips, chip)
	}
	return chips, nil
}

// intoPcscd keeps a card in a slot of vpcd. The driver gives the slots of its reader consecutive ports.
func (in *invocation) intoPcscd(ctx context.Context, addr string, chip *softcard.Card) error {
	slot, err := vpcd.Dial(ctx, vpcd.Config{Addr: addr})
	if err != nil {
		return err
	}
	defer slot.Close()
	number := 0
	if _, port, _ := net.SplitHostPort(addr); port == "35964" {
		number = 1
	}
	fmt.Fprintf(in.stdout, "Virtual PCD 00 0%d\n", number)
	return slot.Serve(ctx, chip)
}

// serveCards is the PC/SC service for cards in readers of ours.
func (in *invocation) serveCards(ctx context.Context, socket string, chips []*softcard.Card) error {
	if socket == "" {
		folder, err := os.MkdirTemp("", "jpki-pcsc-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(folder)
		socket = filepath.Join(folder, "pcsc.sock")
	}
	socket, err := filepath.Abs(socket)
	if err != nil {
		return err
	}
	listener, err := listen(ctx, socket)
	if err != nil {
		return err
	}
	readers := make([]string, len(chips))
	for i := range readers {
		readers[i] = pcsc.ReaderName(i)
	}
	server, err := pcsc.NewServer(pcsc.Config{Readers: readers})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	fmt.Fprintf(in.stdout, "PCSCLITE_CSOCK_NAME=%s\n", socket)
	for i, chip := range chips { // before anybody is served, so that the first to ask finds the cards
		if err := server.Insert(ctx, readers[i], chip); err != nil {
			return errors.Join(err, listener.Close())
		}
	}
	return server.Serve(ctx, listener)
}

// listen opens the socket, taking the place of one that nobody answers at.
func listen(ctx context.Context, socket string) (net.Listener, error) {
	if len(socket) > 100 {
		return nil, fault.New(fault.Invalid, "cli.socket_path")
	}
	if info, err := os.Stat(socket); err == nil {
		if info.Mode()&os.ModeSocket == 0 {
			return nil, fault.New(fault.Conflict, "cli.socket_taken")
		}
		if conn, err := net.Dial("unix", socket); err == nil {
			conn.Close()
			return nil, fault.New(fault.Conflict, "cli.socket_taken")
		}
		if err := os.Remove(socket); err != nil {
			return nil, err
		}
	}
	var config net.ListenConfig
	return config.Listen(ctx, "unix", socket)
}
