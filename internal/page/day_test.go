package page_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/page"
)

func TestDayField(t *testing.T) {
	lists := url.Values{"d-era": {"3"}, "d-year": {"52"}, "d-month": {"11"}, "d-day": {"7"}}
	tests := []struct {
		name     string
		optional bool
		sent     url.Values
		want     string // day, or the key of the fault
	}{
		{"typed", false, url.Values{"d": {"S52.11.7"}}, "1977-11-07"},
		{"chosen", false, lists, "1977-11-07"},
		{"typed and chosen", false, url.Values{"d": {"2018-04-01"}, "d-era": {"3"}}, "2018-04-01"},
		{"no day", false, url.Values{"d": {"S65.1.1"}}, "date.outside_era"},
		{"half chosen", false, url.Values{"d-era": {"3"}, "d-year": {"52"}}, "date.form"},
		{"an era that is none", false, url.Values{"d-era": {"9"}, "d-year": {"1"}, "d-month": {"1"}, "d-day": {"1"}}, "date.impossible"},
		{"nothing", false, nil, "date.form"},
		{"nothing, as it may be", true, nil, "0000-00-00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(tt.sent.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			f, day := page.DayField{Name: "d", Optional: tt.optional}.Read(r)
			got := day.String()
			if f.Error != nil {
				got = fault.KeyOf(f.Error)
			}
			if got != tt.want || f.Problem().Error != f.Error {
				t.Errorf("Read = %s, want %s", got, tt.want)
			}
		})
	}
}

const actHTML = `{{define "title"}}{{text "counter.field_name"}}{{end}}
{{define "main"}}{{template "failed" .Data.Failed}}{{template "select" .Data.Kind}}{{template "day-field" .Data.Day}}{{template "sign"}}{{end}}`

// A page shows drop-down lists, parts of its own, and the act that failed on it, which is logged.
func TestActThatFails(t *testing.T) {
	type act struct {
		Failed error
		Kind   page.Select
		Day    page.DayField
	}
	p, err := page.New[act](fstest.MapFS{
		"act.html":   {Data: []byte(actHTML)},
		"parts.html": {Data: []byte(`{{define "sign"}}<hr>{{end}}`)},
	}, "act.html", "parts.html")
	if err != nil {
		t.Fatal(err)
	}
	failed := fault.Wrap(errors.New("for the operator"), fault.Conflict, "date.impossible")
	s := newSite(t, page.Config{})
	s.Handle("GET /act", func(w http.ResponseWriter, r *http.Request) error {
		return p.ShowFailed(w, r, failed, act{
			failed,
			page.Select{Name: "kind", Label: page.Say("counter.field_kind"), Options: []page.Option{{Value: "a", Label: page.Plain("ア"), Chosen: true}}, Error: failed},
			page.DayField{Name: "day", Label: page.Say("counter.field_birth"), Era: "3"},
		})
	})
	response, text := s.visitor(t).get("/act")
	if response.StatusCode != http.StatusConflict || !strings.Contains(s.log.String(), "for the operator") || strings.Contains(text, "for the operator") {
		t.Errorf("status %d, log %s", response.StatusCode, s.log.String())
	}
	has(t, text, "暦にない年月日です。", "autofocus", `<option value="a" selected>ア`, `aria-invalid="true"`, `<option value="3" selected>昭和`,
		`<details class="details" open>`, `aria-labelledby="day-label"`, "<hr>")
}
