package verifyweb

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/openjpki/jpki/internal/page"
	"github.com/openjpki/jpki/verify"
)

// result is the data of the page of a verdict.
type result struct {
	Outcome    verify.Outcome // passed, failed, indeterminate, information
	Word, Why  page.Text
	Next       []page.Text
	Warning    *page.Notice
	Facts      []page.Row
	Signatures []signature
}

// signature is the verdict on one signature.
type signature struct {
	Title  page.Text
	Signer string
	Checks []check
}

// check is a line of the tree. Parts hang below it.
type check struct {
	verify.Check
	Name  page.Text
	Word  page.Text
	Cure  page.Text // nil if nothing needs one
	Parts []check
}

// Open reports whether the parts are shown from the start: where something did not pass.
func (c check) Open() bool { return c.Outcome != verify.Passed && c.Outcome != verify.Skipped }

// show tells a verdict to people.
func (v verdict) show() result {
	if v.published != nil {
		return v.showPublished()
	}
	outcome := outcomes[v.report.Indication]
	out := result{Outcome: outcome, Word: page.Say("verify.verdict_" + string(outcome)), Why: v.why(), Facts: v.facts()}
	for i, s := range v.report.Signatures {
		out.Signatures = append(out.Signatures, signature{page.Say("verify.signature", i+1), s.Signer, checks(s.Checks)})
	}
	for _, cure := range v.cures(outcome) {
		out.Next = append(out.Next, cureText(cure))
	}
	if out.Next == nil && outcome == verify.Passed {
		out.Next = []page.Text{page.Say("verify.next_none")}
	}
	if v.unfetched {
		out.Warning = &page.Notice{Kind: page.Warning, Title: page.Say("verify.unfetched"), Body: page.Say("verify.unfetched_next")}
	}
	return out
}

// showPublished tells that a CA certificate of J-LIS was recognised.
func (v verdict) showPublished() result {
	return result{
		Outcome: verify.Information, Word: page.Say("verify.verdict_ca"),
		Why:   page.Say("verify.why_ca", v.published.Kind, v.published.Generation),
		Next:  []page.Text{page.Say("verify.next_ca")},
		Facts: v.commonFacts(),
	}
}

// outcomes are the outcomes as which verdicts are shown.
var outcomes = map[verify.Indication]verify.Outcome{
	verify.TotalPassed: verify.Passed, verify.TotalFailed: verify.Failed, verify.Indeterminate: verify.Undetermined,
}

func (v verdict) why() page.Text {
	switch {
	case v.report.SubIndication != "":
		return page.Say("verify.because." + string(v.report.SubIndication))
	case v.kind == kindCertificate:
		return page.Say("verify.why_certificate")
	}
	return page.Say("verify.why_signature")
}

func (v verdict) facts() []page.Row {
	indication := strings.TrimSpace(string(v.report.Indication) + " " + string(v.report.SubIndication))
	return append(v.commonFacts(),
		page.Row{Term: page.Say("verify.anchor"), Value: v.anchor()}, page.Row{Term: page.Say("verify.indication"), Value: indication})
}

func (v verdict) commonFacts() []page.Row {
	return []page.Row{
		{Term: page.Say("verify.kind"), Value: v.kind}, {Term: page.Say("verify.at"), Value: v.at},
		{Term: page.Say("verify.digest"), Value: fmt.Sprintf("%X", v.digest)},
	}
}

// anchor says to which set of trust anchors the paths lead.
func (v verdict) anchor() page.Text {
	for _, s := range v.report.Signatures {
		if set, found := s.Checks.Find("path.set"); found {
			if strings.HasPrefix(set.Evidence, "TEST") {
				return page.Say("verify.anchor_test")
			}
			return page.Say("verify.anchor_real")
		}
	}
	return page.Say("verify.anchor_none")
}

// cures are those of the checks that made the verdict, each once.
func (v verdict) cures(outcome verify.Outcome) (all []string) {
	for _, s := range v.report.Signatures {
		s.Checks.All(func(c verify.Check) {
			if c.Outcome == outcome && c.Cure != "" && !slices.Contains(all, c.Cure) {
				all = append(all, c.Cure)
			}
		})
	}
	return all
}

func checks(found verify.Checks) (all []check) {
	for _, c := range found {
		all = append(all, check{
			Check: c, Name: page.Say("verify.check." + c.ID), Word: page.Say("verify.outcome." + string(c.Outcome)),
			Cure: cureText(c.Cure), Parts: checks(c.Checks),
		})
	}
	return all
}

// cureTexts maps the English cures of package verify to the texts of the catalogue.
var cureTexts = sync.OnceValue(func() map[string]page.Text {
	all := map[string]page.Text{}
	for name, english := range verify.Cures() {
		all[english] = page.Say("verify.cure." + name)
	}
	return all
})

func cureText(english string) page.Text { return cureTexts()[english] }
