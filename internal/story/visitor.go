package story

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/openjpki/jpki/card/softcard"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/durable"
	"github.com/openjpki/jpki/internal/fault"
)

// maxVisitors bounds how many visitors a sandbox keeps.
const maxVisitors = 1000

// visitor is one browser. He does one thing after the other, in however many windows.
type visitor struct {
	id     string
	acting sync.Mutex // held over an act

	mu   sync.Mutex
	kept life
	chip *softcard.Card // open while it is in a reader
	tap  *tap           // the reader through which it is reached; nil while it is not open
	tape *tape          // nil until he has begun
}

// life is what the offices do not know of a visitor. It is never changed but by [Story.keep].
type life struct {
	Person app.Person `json:"person"` // as he lives at first; without ID until he has begun
	Role   Role       `json:"role"`
	Place  Place      `json:"place"`
	Again  string     `json:"again"`  // number of the visit to the counter after the move
	Target string     `json:"target"` // the address to which he moves
	Moved  time.Time  `json:"moved"`  // when the move is to count; zero before
	Noted  bool       `json:"noted"`  // the register has noted it
	Passed bool       `json:"passed"` // the night after the move has passed
	// Settled says that the register and the manufacturer of cards know him.
	Settled bool `json:"settled"`
	// Filings are what he sent to the agency, by the step.
	Filings map[string]filing `json:"filings"`
}

func (l life) begun() bool { return l.Person.ID != "" }

// life is what is kept of the visitor at this moment.
func (v *visitor) life() life {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.kept
}

// keep changes what is kept of a visitor. It is on the disk when keep returns. Fault: "story.full".
func (s *Story) keep(v *visitor, edit func(*life)) error {
	s.mu.Lock()
	known := s.visitors[v.id] == v
	s.mu.Unlock()
	if !known {
		return fault.New(fault.Unavailable, "story.full", maxVisitors)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	next := v.kept
	next.Filings = maps.Clone(next.Filings)
	edit(&next)
	encoded, err := json.Marshal(next)
	if err != nil {
		return err
	}
	if err := durable.Replace(s.path(v.id, ".json"), encoded, 0o600); err != nil {
		return err
	}
	v.kept = next
	return s.follow(v)
}

// follow has what is recorded of the visitor's resident go to his tape. v.mu is held.
func (s *Story) follow(v *visitor) (err error) {
	if !v.kept.begun() {
		return nil
	}
	if v.tape == nil {
		if v.tape, err = openTape(s.path(v.id, ".tape")); err != nil {
			return err
		}
	}
	s.Recorder.follow(v.tape, v.kept)
	return nil
}

func (s *Story) path(id, suffix string) string {
	return filepath.Join(s.Nation.Dir, "story", id+suffix)
}

// restore reads the visitors of earlier processes.
func (s *Story) restore() error {
	files, err := filepath.Glob(s.path("*", ".json"))
	if err != nil {
		return err
	}
	for _, file := range files {
		v := newVisitor(strings.TrimSuffix(filepath.Base(file), ".json"))
		encoded, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(encoded, &v.kept)
		}
		if err == nil {
			err = s.follow(v)
		}
		if err != nil {
			return fmt.Errorf("reading the files of visitor %s: %w", v.id, err)
		}
		s.visitors[v.id] = v
	}
	return nil
}

func newVisitor(id string) *visitor {
	return &visitor{id: id, kept: life{Role: Resident, Place: InHand}}
}

const (
	visitorCookie = "jpki-visitor"
	visitorAge    = 30 * 24 * 60 * 60 // in seconds
)

type visitorKey struct{}

// visitorOf returns the visitor of a request that came through [Story]; nil else.
func visitorOf(r *http.Request) *visitor {
	v, _ := r.Context().Value(visitorKey{}).(*visitor)
	return v
}

// greet finds the visitor of a request by his cookie, or gives him one.
func (s *Story) greet(w http.ResponseWriter, r *http.Request) *http.Request {
	var secret []byte
	if c, err := r.Cookie(visitorCookie); err == nil {
		secret, _ = base64.RawURLEncoding.DecodeString(c.Value)
	}
	if len(secret) != sha256.Size {
		secret = make([]byte, sha256.Size)
		_, _ = rand.Read(secret) // never fails
		http.SetCookie(w, &http.Cookie{
			Name: visitorCookie, Value: base64.RawURLEncoding.EncodeToString(secret), Path: "/", MaxAge: visitorAge,
			HttpOnly: true, SameSite: http.SameSiteStrictMode,
		})
	}
	digest := sha256.Sum256(secret)
	id := hex.EncodeToString(digest[:6])
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.visitors[id]
	if v == nil {
		v = newVisitor(id)
		if r.Method == http.MethodPost && len(s.visitors) < maxVisitors { // who only looks leaves nothing behind
			s.visitors[id] = v
		}
	}
	return r.WithContext(context.WithValue(r.Context(), visitorKey{}, v))
}
