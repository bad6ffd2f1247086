package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"strings"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/verify/pkix"
	"golang.org/x/crypto/cryptobyte"
)

// listed is a CRL as commands show it, but for its entries.
type listed struct {
	Issuer      string     `json:"issuer"`
	IssuerKeyID string     `json:"issuerKeyId,omitempty"`
	Number      string     `json:"number,omitempty"` // decimal
	Base        string     `json:"base,omitempty"`   // number of the list that a delta CRL changes
	ThisUpdate  time.Time  `json:"thisUpdate"`
	NextUpdate  *time.Time `json:"nextUpdate,omitempty"`
	Point       []string   `json:"point,omitempty"` // names of the distribution point
	Only        []string   `json:"only,omitempty"`  // users, cas, attributes, reasons: what the list is restricted to
	Indirect    bool       `json:"indirect,omitempty"`
	Algorithm   string     `json:"algorithm"`
	Size        int        `json:"size"` // in bytes
	Count       int        `json:"count"`
}

// listedEntry is one entry. Issuer is that of the certificate where it is not the list's.
type listedEntry struct {
	Serial      string     `json:"serial"`
	Reason      string     `json:"reason"`
	RevokedAt   time.Time  `json:"revokedAt"`
	InvalidFrom *time.Time `json:"invalidFrom,omitempty"`
	Issuer      string     `json:"issuer,omitempty"`
}

func crlShow(_ context.Context, in *invocation) error {
	asJSON := in.flags.Bool("json", false, "print JSON")
	serial := in.flags.String("serial", "", "look one certificate up, by its serial number in `HEX`")
	if err := in.parse(1, 1); err != nil {
		return err
	}
	wanted, err := parseSerial(*serial)
	if err != nil {
		return err
	}
	objects, err := readObjects(in.flags.Arg(0))
	if err != nil {
		return err
	}
	l, err := pkix.ParseCRL(objects[0])
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "crl.malformed")
	}
	out := bufio.NewWriter(in.stdout)
	show := showList
	if *asJSON {
		show = showListJSON
	}
	shown, err := show(out, l, wanted)
	if err == nil {
		err = out.Flush()
	}
	if err == nil && wanted != "" && shown > 0 {
		err = errNotOK
	}
	return err
}

// parseSerial reads a serial number, "" if there is none.
func parseSerial(text string) (pkix.Serial, error) {
	if text == "" {
		return "", nil
	}
	digits := strings.TrimLeft(strings.ReplaceAll(text, ":", ""), "0")
	if len(digits)%2 == 1 || digits == "" {
		digits = "0" + digits
	}
	content, err := hex.DecodeString(digits)
	if err != nil {
		return "", usageError{"-serial is not a hexadecimal number"}
	}
	if len(content) == 0 || content[0] >= 0x80 {
		content = append([]byte{0}, content...)
	}
	return pkix.Serial(content), nil
}

func describeList(l *pkix.CRL) listed {
	shown := listed{
		Issuer: nameText(l.Issuer), IssuerKeyID: l.Authority.KeyID.String(), ThisUpdate: l.ThisUpdate, NextUpdate: given(l.NextUpdate),
		Indirect: l.Scope.Indirect, Algorithm: l.Algorithm.ID.String(), Size: len(l.Raw), Count: l.Len(),
	}
	for _, number := range []struct {
		from pkix.Serial
		to   *string
	}{{l.Number, &shown.Number}, {l.Base, &shown.Base}} {
		if number.from != "" {
			*number.to = new(big.Int).SetBytes([]byte(number.from)).String()
		}
	}
	for _, name := range l.Scope.Name.Names(l.Issuer) {
		shown.Point = append(shown.Point, generalNameText(name))
	}
	for _, restriction := range []struct {
		holds bool
		name  string
	}{{l.Scope.OnlyUsers, "users"}, {l.Scope.OnlyCAs, "cas"}, {l.Scope.OnlyAttributes, "attributes"}, {l.Scope.Reasons != pkix.AllReasons, "reasons"}} {
		if restriction.holds {
			shown.Only = append(shown.Only, restriction.name)
		}
	}
	return shown
}

func describeEntry(l *pkix.CRL, e pkix.Entry) listedEntry {
	shown := listedEntry{Serial: e.Serial.String(), Reason: e.Reason.String(), RevokedAt: e.Date, InvalidFrom: given(e.Invalidity)}
	if e.Issuer != l.Issuer {
		shown.Issuer = nameText(e.Issuer)
	}
	return shown
}

// given is a time in JSON, nil if it is not there.
func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// eachEntry visits the entries of a list, or those of one serial number, and counts them. A list may have millions: none is
// kept.
func eachEntry(l *pkix.CRL, wanted pkix.Serial, visit func(listedEntry) error) (n int, err error) {
	for e := range l.All() {
		if wanted != "" && e.Serial != wanted {
			continue
		}
		if err := visit(describeEntry(l, e)); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// showList writes a list for people, one line per fact and one per entry.
func showList(w io.Writer, l *pkix.CRL, wanted pkix.Serial) (shown int, err error) {
	d := describeList(l)
	line := func(label, value string) {
		if value != "" {
			fmt.Fprintf(w, "%-11s %s\n", label, value)
		}
	}
	line("issuer", d.Issuer)
	line("issuer key", d.IssuerKeyID)
	line("number", d.Number)
	line("delta to", d.Base)
	line("this update", japanTime(l.ThisUpdate))
	line("next update", japanTime(l.NextUpdate))
	line("point", strings.Join(d.Point, "; "))
	line("only for", strings.Join(d.Only, ", "))
	if d.Indirect {
		line("indirect", "yes")
	}
	line("algorithm", d.Algorithm)
	line("entries", fmt.Sprint(d.Count))
	shown, err = eachEntry(l, wanted, func(e listedEntry) error {
		fmt.Fprintf(w, "  %s  %s  %s", e.Serial, japanTime(e.RevokedAt), e.Reason)
		if e.InvalidFrom != nil {
			fmt.Fprintf(w, "  invalid from %s", japanTime(*e.InvalidFrom))
		}
		if e.Issuer != "" {
			fmt.Fprintf(w, "  issuer %s", e.Issuer)
		}
		_, err := fmt.Fprintln(w)
		return err
	})
	if wanted != "" && shown == 0 {
		fmt.Fprintf(w, "%s is not on the list\n", wanted)
	}
	return shown, err
}

// showListJSON writes the facts with the entries as their last member, one line each.
func showListJSON(w io.Writer, l *pkix.CRL, wanted pkix.Serial) (shown int, err error) {
	head, err := json.MarshalIndent(describeList(l), "", "  ")
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(w, "%s,\n  \"entries\": [", bytes.TrimSuffix(head, []byte("\n}")))
	between := "\n    "
	shown, err = eachEntry(l, wanted, func(e listedEntry) error {
		text, err := json.Marshal(e)
		if err == nil {
			_, err = fmt.Fprintf(w, "%s%s", between, text)
		}
		between = ",\n    "
		return err
	})
	if shown > 0 {
		fmt.Fprint(w, "\n  ")
	}
	fmt.Fprint(w, "]\n}\n")
	return shown, err
}

// nameText shows the name of an authority.
func nameText(n pkix.Name) string {
	s := cryptobyte.String(n)
	name, err := der.ReadName(&s)
	if err != nil { // a form of text that is not read
		return "DER:" + hex.EncodeToString([]byte(n))
	}
	return name.String()
}

func generalNameText(g pkix.GeneralName) string {
	switch g.Choice {
	case der.DirectoryChoice:
		return "DirName:" + nameText(pkix.Name(g.Value))
	case der.URIChoice:
		return "URI:" + g.Value
	}
	return fmt.Sprintf("[%d]:%X", g.Choice, g.Value)
}

// japanTime shows a time as people here read it, "" if it is not given.
func japanTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(jpki.Japan).Format(time.RFC3339)
}
