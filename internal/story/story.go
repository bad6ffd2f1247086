package story

import (
	"crypto/rand"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/durable"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/page"
)

//go:embed pages
var pages embed.FS

// Config says what nation the story plays in. Fields without "Optional" must be set.
type Config struct {
	Nation   *app.Sandbox
	Recorder *Recorder    // that of the nation's configuration
	Log      *slog.Logger // Optional.
	// Step is called with each act and each numbered step as it begins, such as "keys generate" or "apply 2". Optional.
	Step func(string)
}

// Story serves the story, the map, and the pages of the offices. It is safe for concurrent use.
type Story struct {
	Config
	key  []byte
	site *page.Site // the story itself, and the map

	counters, kiosks         cities
	register, agency, verify *page.Site

	mu       sync.Mutex
	visitors map[string]*visitor
}

// New returns a story with the visitors of earlier processes, and with the pages of all offices of the nation.
func New(c Config) (*Story, error) {
	s := &Story{Config: c, visitors: map[string]*visitor{}}
	if s.Step == nil {
		s.Step = func(string) {}
	}
	if err := os.MkdirAll(filepath.Join(c.Nation.Dir, "story"), 0o700); err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "app.data_folder")
	}
	if err := errors.Join(s.readKey(), s.restore()); err != nil {
		return nil, err
	}
	var err error
	if s.site, err = page.NewSite(s.Site(page.Say("story.name"))); err != nil {
		return nil, err
	}
	return s, errors.Join(s.handle(), s.openDesks())
}

// readKey reads the key of the tokens, or makes it.
func (s *Story) readKey() (err error) {
	file := filepath.Join(s.Nation.Dir, "story", "page.key")
	if s.key, err = os.ReadFile(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s.key = make([]byte, 32)
	_, _ = rand.Read(s.key) // never fails
	return durable.Replace(file, s.key, 0o600)
}

// Site returns the configuration of the site of an office, so that its pages stand in the same frame, in the same session.
func (s *Story) Site(name page.Text) page.Config {
	return page.Config{Name: name, Home: "/story", Frame: s.Frame, Key: s.key, Log: s.Log}
}

// ServeHTTP answers a visitor.
func (s *Story) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = s.greet(w, r)
	l := visitorOf(r).life()
	if d, ok := deskOf(r.URL.Path); ok && slices.Contains(d.Roles, l.Role) && !l.foreign(r.URL.Path) {
		s.siteOf(r.URL.Path, l).ServeHTTP(w, r)
		return
	}
	s.site.ServeHTTP(w, r)
}

// Sites are the paths of the sites, for /sandbox.json.
func Sites() map[string]string {
	return map[string]string{
		"story": "/story", "counter": "/counter", "kiosk": "/kiosk", "registry": "/registry", "agency": "/agency", "map": "/map", "verify": "/verify",
	}
}

// handle adds the pages of the story itself.
func (s *Story) handle() error {
	overview, err1 := page.New[overviewData](pages, "pages/overview.html")
	one, err2 := page.New[stepData](pages, "pages/step.html")
	content, err3 := page.New[bytesData](pages, "pages/bytes.html")
	chart, err4 := page.New[mapData](pages, "pages/map.html")
	closed, err5 := page.New[deskData](pages, "pages/desk.html")
	s.site.Handle("GET /story", s.getOverview(overview))
	s.site.Handle("GET /story/{step}", s.getStep(one))
	s.site.Handle("POST /story/{step}", s.postStep)
	s.site.Handle("GET /story/{step}/bytes", s.getBytes(content))
	s.site.Handle("POST /story/role/{role}", s.postRole)
	s.site.Handle("POST /story/card/{place}", s.postCard)
	s.site.Handle("GET /map", s.getMap(chart))
	for _, d := range Desks() {
		s.site.Handle(d.Path, s.getDesk(closed, d))
		s.site.Handle(d.Path+"/", s.getDesk(closed, d))
	}
	s.site.Handle("GET /{$}", func(w http.ResponseWriter, r *http.Request) error { return page.Redirect(w, r, "/story", nil) })
	return errors.Join(err1, err2, err3, err4, err5)
}
