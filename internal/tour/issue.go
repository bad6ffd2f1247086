package tour

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/registry"
)

// issue is the first chapter: from the register to a card with certificates.
func (t *tour) issue(ctx context.Context) error {
	return each(ctx, t.authorities, t.enter, t.mismatch, t.unprepared, t.first)
}

// authorities keeps the certificates that everybody trusts.
func (t *tour) authorities(ctx context.Context) error {
	s := Step{ID: "authorities", Title: "two certification authorities", Expect: "signing and authentication CA"}
	return t.step(ctx, s, func(evidence map[string]string) (string, error) {
		cas, err := t.Nation.Authorities(ctx)
		if err != nil || len(cas[jpki.SigningCA]) == 0 || len(cas[jpki.AuthenticationCA]) == 0 {
			return fmt.Sprintf("%d authorities", len(cas)), err
		}
		for kind, name := range map[jpki.Kind]string{jpki.SigningCA: "sign", jpki.AuthenticationCA: "auth"} {
			c, err := jpki.Parse(cas[kind])
			if err != nil {
				return "", err
			}
			evidence[name] = c.KeyID().String()
			if err := t.writePEM("ca/"+name+".pem", "CERTIFICATE", cas[kind]); err != nil {
				return "", err
			}
		}
		return s.Expect, nil
	})
}

func (t *tour) enter(ctx context.Context) error {
	s := Step{ID: "register", Title: "the municipality enters her in the resident register", Expect: "recorded"}
	return t.step(ctx, s, func(map[string]string) (string, error) {
		resident := registry.Resident{Code: t.person.Code, Attributes: t.person.Attributes, Municipality: app.Mihon.Code}
		return s.Expect, t.Nation.Home.Municipality.Enter(ctx, t.Nation.Register, resident)
	})
}

// mismatch is a form with an address that the register does not have.
func (t *tour) mismatch(ctx context.Context) error {
	s := Step{
		ID: "mismatch", Title: "a form with another address is turned down at the counter", Expect: "mismatch: address",
		Req: []string{"R-ISS-08", "R-SYS-21"},
	}
	return t.step(ctx, s, func(map[string]string) (string, error) {
		form := counter.Form{
			Attributes: t.person.Attributes, Occasion: counter.First, CardEnd: t.person.CardEnd, Kinds: []jpki.Kind{jpki.Authentication},
		}
		form.Attributes.Address += "４"
		c, err := t.Nation.Home.Counter.Open(ctx, t.Nation.Clerk, "tourwrong", form)
		if err != nil {
			return "", err
		}
		if err := t.Nation.Home.Municipality.CallUp(ctx, t.Nation.Clerk, t.person.Code, message.AtCounter(app.Mihon.Code), c.ID); err != nil {
			return "", err
		}
		c, err = t.Nation.Home.Counter.Certify(ctx, t.Nation.Clerk, c.ID)
		var fields []string
		for _, field := range c.Differs {
			fields = append(fields, string(field))
		}
		return string(c.State) + ": " + strings.Join(fields, ", "), err
	})
}

// unprepared is somebody at the kiosk who was not at the counter before.
func (t *tour) unprepared(ctx context.Context) (err error) {
	if t.chip, err = t.Nation.Manufacture(ctx, t.person); err != nil {
		return err
	}
	s := Step{
		ID: "unprepared", Title: "the kiosk makes no keys for a card that the counter has not prepared", Expect: "refused: kiosk.not_prepared",
		Req: []string{"R-ISS-14"},
	}
	return t.step(ctx, s, func(map[string]string) (string, error) {
		err := t.Nation.Home.MakeKey(ctx, t.chip, card.Signature, t.person.PINs.Sign)
		if err == nil {
			return "a key pair", nil
		}
		return "refused: " + fault.KeyOf(err), nil
	})
}

// way are the states of a case that comes to its end, in their order.
const way = "received existing identified card_out keys_read waiting arrived approved stored paid completed"

// first takes her to her first certificates.
func (t *tour) first(ctx context.Context) error {
	s := Step{
		ID: "issue", Title: "counter, kiosk, counter, CA, counter: she gets her certificates", Expect: way,
		Req: []string{"R-ISS-02", "R-ISS-07", "R-ISS-13", "R-ISS-15", "R-ISS-16", "R-ISS-19", "R-KSK-04"},
	}
	var c counter.Case
	err := t.step(ctx, s, func(evidence map[string]string) (states string, err error) {
		states, c, err = t.errand(ctx, t.Nation.Home, "tourfirst", counter.First, evidence)
		return states, err
	})
	if err != nil {
		return err
	}
	s = Step{
		ID: "certificates", Title: "what her certificates say", Expect: "auth: no attributes; sign: her attributes, 1 substitute character",
		Req: []string{"R-CRT-01", "R-CRT-03", "R-CRT-04", "R-CHR-06"},
	}
	return t.step(ctx, s, func(evidence map[string]string) (string, error) { return t.keep(c, evidence, "auth", "sign") })
}

// errand walks one case to its end and returns the states it went through.
func (t *tour) errand(ctx context.Context, at app.Offices, reception string, occasion counter.Occasion, evidence map[string]string) (string, counter.Case, error) {
	t.person.Reception = reception
	var states []string
	var last counter.Case
	e := app.Errand{Offices: at, Actor: t.Nation.Clerk, Person: t.person, Chip: t.chip, Observe: func(c counter.Case) {
		if last.State != c.State {
			states = append(states, string(c.State))
			evidence[fmt.Sprintf("%02d %s", len(states), c.State)] = t.Nation.Now().Format(time.RFC3339)
		}
		last = c
	}}
	err := e.Run(ctx, occasion)
	return strings.Join(states, " "), last, err
}

// keep keeps the certificates of a case, in the order of their names, and returns what they say.
func (t *tour) keep(c counter.Case, evidence map[string]string, names ...string) (string, error) {
	if len(c.Certificates) != len(names) {
		return fmt.Sprintf("%d certificates", len(c.Certificates)), nil
	}
	var got []string
	for i, name := range names {
		encoded := c.Certificates[i].Certificate
		parsed, err := jpki.Parse(encoded)
		if err != nil {
			return "", err
		}
		evidence[name] = "serial " + parsed.Serial.String() + ", until " + parsed.NotAfter.Format(time.RFC3339)
		got = append(got, name+": "+t.saysOfHer(parsed, encoded))
		if err := t.writePEM("person/"+name+".pem", "CERTIFICATE", encoded); err != nil {
			return "", err
		}
	}
	return strings.Join(got, "; "), nil
}

// saysOfHer is what a certificate says of its holder.
func (t *tour) saysOfHer(c *jpki.Certificate, encoded []byte) string {
	want := certified(t.person)
	p, ok := c.Person()
	switch {
	case ok && p == want:
		return fmt.Sprintf("her attributes, %d substitute character", strings.Count(p.NameMarks+p.AddressMarks, "1"))
	case !ok && !bytes.Contains(encoded, []byte(want.Name)) && !bytes.Contains(encoded, []byte(want.Address)):
		return "no attributes"
	}
	return "other attributes"
}
