package app_test

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/link"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/registry"
)

// goWrong provokes faults at every office, each with values of hers.
func (n *nation) goWrong() {
	n.registerGoesWrong()
	n.counterGoesWrong()
	n.caGoesWrong()
	n.numbersAreRefused()
	n.lettersGoWrong()
	n.questionsGoWrong()
	for _, url := range n.lines.urls { // who does not speak TLS is told nothing, and logged
		response, err := http.Get(strings.Replace(url, "https:", "http:", 1) + "/" + strayName + address1 + string(n.person.Code))
		n.must(err)
		n.must(response.Body.Close())
	}
}

func (n *nation) registerGoesWrong() {
	ctx, t := n.t.Context(), n.t
	r := registry.Resident{Code: n.person.Code, Attributes: her(address1), Municipality: app.Mihon.Code}
	n.fails(t, "a resident who is there", n.town.Enter(ctx, clerk, r))
	r.Attributes.Birth.Month = 13
	n.fails(t, "no birth date", n.town.Enter(ctx, clerk, r))
	r.Municipality = address1
	n.fails(t, "no municipality", n.Registry.Enter(ctx, sandbox, r))
	e := registry.Event{ID: string(n.person.Code), Kind: registry.Move, Code: n.person.Code, At: n.Now(), After: her(address4), Municipality: app.Rinri.Code}
	n.fails(t, "the resident code as a name", n.town.Amend(ctx, clerk, e))
	e.ID = "e-1"
	n.fails(t, "another event of the same name", n.town.Amend(ctx, clerk, e))
	e.ID, e.Kind = "e-9", registry.NameChange
	n.fails(t, "a change that the event does not allow", n.town.Amend(ctx, clerk, e))
	e.ID, e.After.Name = "e-10", herName+strings.Repeat(herName, 50)
	n.fails(t, "a name without end", n.Registry.Amend(ctx, sandbox, e))
	n.fails(t, "nobody's code", n.town.ExportByMedium(ctx, clerk, n.person.Code[:10], "counter-99202", "case"))
	n.fails(t, "nobody's code to call up", n.town.CallUp(ctx, clerk, n.person.Code[:10], "counter-99202", "case"))
	n.fails(t, "her code as a case", n.town.CallUp(ctx, clerk, n.person.Code, "counter-99202", string(n.person.Code)))
	n.fails(t, "the wrong office", n.town.ExportByMedium(ctx, clerk, n.person.Code, "link", herName))
	n.fails(t, "no operator", n.town.Enter(ctx, authz.Actor{Operator: herName}, r))
	h := link.HoldRequest{ID: "call-1", Attributes: her(address1)}
	_, err := n.calls.Hold(ctx, clerk, h)
	n.fails(t, "another call of the same name", err)
	h.Attributes.Sex = 0
	_, err = n.calls.Hold(ctx, clerk, link.HoldRequest{ID: "call-2", Attributes: h.Attributes})
	n.fails(t, "a call without sex", err)
	_, err = n.Link.Hold(ctx, sandbox, link.HoldRequest{ID: herName, Attributes: her(address1)})
	n.fails(t, "a call whose name is hers", err)
}

func (n *nation) counterGoesWrong() {
	ctx, t, desk := n.t.Context(), n.t, n.desk(app.Rinri)
	open := func(what, reception string, change func(*counter.Form)) {
		f := n.form(address2)
		change(&f)
		_, err := n.terminal.Open(ctx, clerk, reception, f)
		n.fails(t, what, err)
		_, err = desk.Open(ctx, sandbox, reception, f)
		n.fails(t, what, err)
	}
	open("another form of the same number", "medium1", func(f *counter.Form) { f.Reading = "" })
	open("her name as number", herName, func(*counter.Form) {})
	open("a reading without end", "n1", func(f *counter.Form) { f.Reading = strings.Repeat(herName, 50) })
	open("another name in the certificate", "n2", func(f *counter.Form) { f.Substitutes.NameMarks = "00000" })
	open("marks that do not fit", "n3", func(f *counter.Form) { f.Substitutes.NameMarks = herName })
	open("her name as occasion", "n4", func(f *counter.Form) { f.Occasion = herName })
	open("her name as a case", "n5", func(f *counter.Form) { f.Before, f.Occasion = herName, counter.Correction })
	open("a signing certificate for a child", "n6", func(f *counter.Form) {
		f.Kinds, f.Attributes.Birth = []jpki.Kind{jpki.Signing}, jpki.Birth{Era: jpki.Reiwa, Year: 2020, Month: 4, Day: 2}
	})
	_, err := n.terminal.Case(ctx, clerk, herName)
	n.fails(t, "her name as a case", err)
	_, err = n.terminal.Identify(ctx, clerk, "99202-medium1", counter.Identity{Document: herName, Agrees: true, Looks: true})
	n.fails(t, "her name as a document", err)
	_, err = n.terminal.Identify(ctx, clerk, "99202-medium1", counter.Identity{Document: counter.DrivingLicence, Name: herName})
	n.fails(t, "her name beside a document", err)
	n.fails(t, "her name as the reason of a stop", n.terminal.Stop(ctx, clerk, herName))
	_, err = n.terminal.TakeFee(ctx, clerk, "99202-again", herName)
	n.fails(t, "her name as a way to pay", err)
	_, err = n.terminal.PrepareCard(ctx, clerk, "99202-again")
	n.fails(t, "no card", err)
	_, err = n.NewCard(ctx, app.Application{ID: "kanojo", Attributes: her(address3), PINs: app.PINs{Auth: authPIN, Sign: signPIN}})
	n.fails(t, "a second card", err)
	_, err = n.NewCard(ctx, app.Application{ID: herName, Attributes: her(address3)})
	n.fails(t, "her name as a file", err)
	_, err = n.NewCard(ctx, app.Application{ID: "kare", Attributes: her(address3), PINs: app.PINs{Auth: signPIN, Sign: authPIN}})
	n.fails(t, "PINs of no form", err)
}

func (n *nation) caGoesWrong() {
	ctx, t := n.t.Context(), n.t
	c, err := n.desk(app.Rinri).Case(ctx, sandbox, "99202-again")
	n.must(err)
	good := message.IssueRequest{
		ID: "r-1", Kind: jpki.Authentication, Holder: n.holder, Municipality: app.Rinri, CardEnd: n.person.CardEnd,
		Person:     jpki.Person{Name: certified, NameMarks: "10010", Birth: herBirth, Sex: jpki.Female, Address: address2, AddressMarks: jpki.NoMarks(address2)},
		Registered: her(address2), Proof: message.Proof{CardSerial: n.person.CardSerial, Nonce: c.Nonce, PKCS10: c.Certificates[0].PKCS10},
	}
	for what, change := range map[string]func(*message.IssueRequest){
		"a second certificate": func(*message.IssueRequest) {},
		"her name as request":  func(r *message.IssueRequest) { r.ID = herName },
		"no such attributes":   func(r *message.IssueRequest) { r.Person.Sex = 0 },
		"two birth dates":      func(r *message.IssueRequest) { r.Registered.Birth.Day++ },
		"her name as proof":    func(r *message.IssueRequest) { r.Proof.PKCS10 = []byte(herName) },
		"another card's proof": func(r *message.IssueRequest) { r.Proof.CardSerial = herName },
		"her name as code":     func(r *message.IssueRequest) { r.Municipality.Code = herName },
	} {
		r := good
		change(&r)
		_, err := n.CA.Issue(ctx, sandbox, r)
		n.fails(t, what, err)
	}
	_, err = n.Revocation.Revoke(ctx, authz.Actor{Office: authz.Counter}, message.RevocationOrder{ID: herName, Ground: herName, RecordedAt: n.Now()})
	n.fails(t, "an order of no form", err)
}

// numbersAreRefused: a My Number is taken in no field into which somebody types.
func (n *nation) numbersAreRefused() {
	ctx, t, desk := n.t.Context(), n.t, n.desk(app.Rinri)
	for what, change := range map[string]func(*counter.Form){
		"reading": func(f *counter.Form) { f.Reading = myNumber },
		"name":    func(f *counter.Form) { f.Attributes.Name += "　８６４２　０９７５　３１８６" },
		"address": func(f *counter.Form) { f.Attributes.Address += "　" + myNumber },
		"substitute": func(f *counter.Form) {
			f.Substitutes = &counter.Spelling{Name: myNumber, NameMarks: jpki.NoMarks(myNumber), Address: address2, AddressMarks: jpki.NoMarks(address2)}
		},
		"occasion": func(f *counter.Form) { f.Occasion = myNumber },
		"before":   func(f *counter.Form) { f.Before, f.Occasion = myNumber, counter.Correction },
	} {
		f := n.form(address2)
		change(&f)
		_, err := desk.Open(ctx, sandbox, "number1", f)
		n.fails(t, "a My Number as "+what, err)
	}
	_, err := desk.Open(ctx, sandbox, myNumber, n.form(address2))
	n.fails(t, "a My Number as reception number", err)
	_, err = desk.Open(ctx, sandbox, "number2", n.form(address2))
	n.must(err)
	_, err = desk.Identify(ctx, sandbox, "99202-number2", counter.Identity{Document: counter.MayorsMethod, Name: myNumber, Agrees: true})
	n.fails(t, "a My Number as method", err)
	_, err = desk.Withdraw(ctx, sandbox, "99202-number2")
	n.must(err)
	r := registry.Resident{Code: "10203040506", Attributes: her(address2), Municipality: app.Rinri.Code}
	r.Attributes.Address += "　" + myNumber
	n.fails(t, "a My Number in a resident record", n.Registry.Enter(ctx, sandbox, r))
	r.Attributes, r.Code = her(address2), myNumber
	n.fails(t, "a My Number as resident code", n.Registry.Enter(ctx, sandbox, r))
	n.fails(t, "a My Number as application", n.Registry.CallUp(ctx, sandbox, n.person.Code, "counter-99202", myNumber))
	n.fails(t, "a My Number as event", n.Registry.Amend(ctx, sandbox, registry.Event{
		ID: myNumber, Kind: registry.Move, Code: n.person.Code, At: n.Now(), After: her(address1), Municipality: app.Rinri.Code,
	}))
	_, err = n.Link.Hold(ctx, sandbox, link.HoldRequest{ID: myNumber, Attributes: her(address1)})
	n.fails(t, "a My Number as call", err)
	n.fails(t, "a My Number as the reason of a stop", desk.Stop(ctx, sandbox, myNumber))
}

// lettersGoWrong: letters of an unknown kind, and of a known one with a member too many, come to every office.
func (n *nation) lettersGoWrong() {
	body, err := json.Marshal(map[string]any{"name": strayName, "Address": strayAddress, "code": strayName})
	n.must(err)
	receivers := map[post.Address]post.Receiver{
		message.AtRegistry: n.Registry.Receive, message.AtLink: n.Link.Receive, message.AtCA: n.CA.Receive, message.AtRevocation: n.Revocation.Receive,
		message.AtCounter(app.Rinri.Code): n.desk(app.Rinri).Receive,
	}
	kinds := []post.Kind{
		{Name: "gossip", Version: 1}, post.Kind(message.ChangeNoticeLetter), post.Kind(message.HolderListLetter), post.Kind(message.IssueRequestLetter),
		post.Kind(message.IssuedLetter), post.Kind(message.RevocationOrderLetter), post.Kind(message.HolderRecordLetter), post.Kind(message.ExportLetter),
	}
	for to, receive := range receivers {
		for _, from := range []post.Address{message.AtRegistry, message.AtLink, message.AtCA, "counter-99299"} {
			var batch []post.Message
			for i, kind := range kinds {
				letter := post.Letter{To: to, Topic: "stray", Kind: kind, Body: body}
				batch = append(batch, post.Message{Letter: letter, Seq: int64(i + 1), After: int64(i), Written: n.Now()})
			}
			receipts, err := receive(n.t.Context(), from, batch)
			n.must(err)
			for _, r := range receipts {
				if r.Outcome != post.Refused {
					n.t.Errorf("a letter of %s to %s is %s", from, to, r.Outcome)
				}
			}
			encoded, err := post.EncodeReceipts(receipts)
			n.must(err)
			n.see("receipts", encoded)
		}
	}
}

// questionsGoWrong: every question is asked with members that it does not have, and with what is no JSON.
func (n *nation) questionsGoWrong() {
	for _, q := range []struct {
		from, to post.Address
		paths    []string
	}{
		{town, message.AtRegistry, []string{"call-up", "export", "export-by-medium", "enter", "amend", "decide", strayName}},
		{callCentre, message.AtLink, []string{"hold", strayName}},
		{message.AtRevocation, message.AtCA, []string{"certify_responder", "sign_list/" + strings.Repeat("A", 40), "sign_list/" + strayName}},
		{terminal, message.AtCounter(app.Rinri.Code), []string{
			"open", "certify", "identify", "prepare", "request", "check-image", "case", "take-fee", "stop", "revoke", "serve-pin", strayName,
		}},
		{message.AtCA, message.AtRevocation, []string{strayName}},
	} {
		c := n.client(n.t, q.from, q.to)
		n.asked[way(q.from, q.to)] = true
		for _, path := range q.paths {
			path = "/" + string(q.to.Office()) + "/" + path
			for _, body := range []string{`{"Name":"` + strayName + `"}`, `{"` + strayName + `":1}`, strayName, `{"Attributes":{"birth":"` + strayName + `"}}`} {
				_, err := c.Post(n.t.Context(), path, "op-7", []byte(body))
				n.fails(n.t, "a malformed question at "+path, err)
			}
		}
	}
	for _, path := range []string{"/ocsp", "/ocsp/" + strayName, "/crl/" + strayName} {
		_, err := n.client(n.t, message.AtCA, message.AtRevocation).Post(n.t.Context(), path, "op-7", []byte(strayName))
		n.fails(n.t, "a malformed question at "+path, err)
	}
}
