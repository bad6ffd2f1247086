package app

import (
	"encoding/json"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
)

// Example returns a configuration of a role, to be adapted. Fault: "app.serve_role".
func Example(role string) (string, error) {
	c, ok := examples()[authz.Office(role)]
	if !ok {
		return "", fault.New(fault.Invalid, "app.serve_role", role)
	}
	text, err := json.MarshalIndent(c, "", "  ")
	return string(text) + "\n", err
}

// url is the address of an office in the examples, on the line.
func url(office post.Address) string { return "https://" + string(office) + ".jpki-test.invalid:8443" }

// Who writes to whom, or asks whom, is in package message; this is the same as lines between processes.
func examples() map[authz.Office]ServeConfig {
	lines := func(office post.Address, others ...post.Address) ServeConfig {
		c := ServeConfig{
			Office: office, Folder: string(office), Listen: ":8443", Offices: map[post.Address]string{},
			Certificate: string(office) + "/office.pem", Key: string(office) + "/office.key", Roots: string(office) + "/roots.pem",
		}
		for _, other := range others {
			c.Offices[other] = url(other)
		}
		return c
	}
	mihon := message.AtCounter(Mihon.Code)
	authority := lines(message.AtCA, message.AtRevocation, message.AtLink, mihon)
	authority.OCSP = "http://ocsp.jpki-test.invalid"
	validity := lines(message.AtRevocation, message.AtCA, message.AtLink, mihon)
	validity.Public = ":8080"
	validity.Database = "postgres://revocation@db.jpki-test.invalid/jpki?search_path=revocation"
	counter := lines(mihon, message.AtCA, message.AtRegistry, message.AtRevocation)
	counter.Municipality = &Mihon
	terminal := lines(post.Address("terminal-"+Mihon.Code), mihon)
	terminal.Listen, terminal.Panel, terminal.Reader, terminal.Operator = "", "127.0.0.1:8081", "/run/pcscd/pcscd.comm", "op-7"
	return map[authz.Office]ServeConfig{
		authz.CA: authority, authz.Revocation: validity, authz.Counter: counter, authz.Terminal: terminal,
		authz.Registry: lines(message.AtRegistry, message.AtLink),
		authz.Link:     lines(message.AtLink, message.AtRegistry, message.AtRevocation),
		authz.Kiosk: {
			Office: post.Address("kiosk-" + Mihon.Code), Folder: "kiosk-" + Mihon.Code, Panel: "127.0.0.1:8082", Reader: "/run/pcscd/pcscd.comm",
		},
	}
}
