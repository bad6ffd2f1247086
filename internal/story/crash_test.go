package story_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/crashtest"
	"github.com/openjpki/jpki/internal/story"
)

func TestMain(m *testing.M) {
	crashtest.Main(m, map[string]crashtest.Scenario{"life": life})
}

// visitor is the browser that comes back after each kill: its cookie.
const visitor = "jpki-visitor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// life lives on from wherever an earlier process stopped, by the button of the first page, to the end.
func life(dir string, at func(step string)) (err error) {
	ctx, recorder := context.Background(), story.NewRecorder()
	nation, err := app.Open(ctx, app.Config{Dir: dir, Carry: recorder.Carry, Observe: recorder.Observe})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, nation.Close()) }()
	s, err := story.New(story.Config{Nation: nation, Recorder: recorder, Step: at})
	if err != nil {
		return err
	}
	server := httptest.NewServer(s)
	defer server.Close()
	for {
		page, session, err := ask(server.URL, http.MethodGet, "/story", "", nil)
		if err != nil {
			return err
		}
		button := regexp.MustCompile(`action="(/story/[a-z]+)"><input type="hidden" name="token" value="([^"]+)"><?\s*<p class="buttons">`).FindStringSubmatch(strings.ReplaceAll(page, "\n", ""))
		if button == nil {
			return nil
		}
		if page, _, err = ask(server.URL, http.MethodPost, button[1], session, url.Values{"token": {button[2]}}); err != nil {
			return fmt.Errorf("%s: %w: %s", button[1], err, page)
		}
	}
}

// ask sends a request of the visitor and returns the page, and the session that it began.
func ask(address, method, path, session string, form url.Values) (page, newSession string, err error) {
	r, err := http.NewRequest(method, address+path, strings.NewReader(form.Encode()))
	if err != nil {
		return "", "", err
	}
	r.Header.Set("Cookie", visitor+"; "+session)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return "", "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if response.StatusCode >= 400 {
		err = errors.Join(err, errors.New(response.Status))
	}
	for _, c := range response.Cookies() {
		if c.Name == "jpki-session" {
			newSession = c.Name + "=" + c.Value
		}
	}
	return string(body), newSession, err
}

// One life, killed at the beginning of every act and of every numbered step, one after the other; each time the visitor comes
// back and goes on. In the end it is the life that anybody has, with its bytes.
func TestKilledInEveryStep(t *testing.T) {
	dir := t.TempDir()
	acts := slices.Concat(story.Acts()[:1], crashtest.Steps(t, "act.go", "settle"), story.Acts()[1:])
	i := slices.Index(acts, "move amend")
	acts = slices.Insert(acts, i+1, crashtest.Steps(t, "agency.go", "amend")...)
	for _, act := range acts {
		if !crashtest.Kill(t, "life", dir, act, 1) {
			t.Fatalf("the life came to its end without %s", act)
		}
	}
	crashtest.Finish(t, "life", dir)
	_, address := open(t, dir)
	for _, step := range steps[2:] {
		page, _, err := ask(address, http.MethodGet, "/story/"+step, "", nil)
		if err != nil || !strings.Contains(page, results[step]) {
			t.Errorf("the page of step %s does not say %q: %v", step, results[step], err)
		}
	}
	page, _, err := ask(address, http.MethodGet, "/story/issue/bytes", "", nil)
	if err != nil || strings.Count(page, "電文 issued/1") != 2 {
		t.Errorf("the letters of the issue are there %d times, want 2: %v", strings.Count(page, "電文 issued/1"), err)
	}
}
