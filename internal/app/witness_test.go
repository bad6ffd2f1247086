package app_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/line/linetest"
	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
)

// witness keeps all that was seen of a nation, by the place where it was seen: a row of the table in docs/privacy.md.
type witness struct {
	mu   sync.Mutex
	seen map[string][][]byte
}

func newWitness() *witness { return &witness{seen: map[string][][]byte{}} }

func (w *witness) see(place string, data ...[]byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range data {
		w.seen[place] = append(w.seen[place], bytes.Clone(d))
	}
}

// Write takes the log.
func (w *witness) Write(line []byte) (int, error) {
	w.see("logs", line)
	return len(line), nil
}

func (w *witness) log() *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

// way names the way between two offices; counters and terminals stand for their kind.
func way(from, to post.Address) string { return string(from) + " → " + string(to) }

// carry is for app.Config.Carry.
func (w *witness) carry(from, to post.Address, carry post.Carrier) post.Carrier {
	return func(ctx context.Context, at post.Address, batch []post.Message) ([]post.Receipt, error) {
		encoded, err := post.EncodeBatch(batch)
		if err != nil {
			return nil, err
		}
		w.see(way(from, to), encoded)
		for _, m := range batch {
			w.see(way(from, to), m.Body)
		}
		receipts, err := carry(ctx, at, batch)
		if err != nil {
			return nil, err
		}
		encoded, err = post.EncodeReceipts(receipts)
		w.see("receipts", encoded)
		return receipts, err
	}
}

// observe is for app.Config.Observe, step for its Step.
func (w *witness) observe(e post.Event) { w.see("events", fmt.Appendf(nil, "%+v", e)) }

func (w *witness) step(step string) { w.see("events", []byte(step)) }

// fails takes an error that was provoked, with all that stands beneath it, and what a person reads of it.
func (w *witness) fails(t *testing.T, what string, err error) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error", what)
		return
	}
	for _, lang := range []locale.Lang{locale.Japanese, locale.English} {
		w.see("errors", []byte(locale.Explain(lang, err).String()))
	}
	w.unwrap(err)
}

func (w *witness) unwrap(err error) {
	w.see("errors", fmt.Appendf(nil, "%v\n%+v\n%#v", err, err, err))
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		if cause := e.Unwrap(); cause != nil {
			w.unwrap(cause)
		}
	case interface{ Unwrap() []error }:
		for _, cause := range e.Unwrap() {
			w.unwrap(cause)
		}
	}
}

// lines are the offices of a nation, reached over the line; all that is asked and answered is seen.
type lines struct {
	*linetest.Authority
	*witness
	urls map[post.Address]string
}

// serve lets an office answer.
func (l *lines) serve(t *testing.T, office post.Address, handler http.Handler) {
	t.Helper()
	watched := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(asked))
		from, err := line.Peer(r.TLS)
		if err != nil {
			t.Error(err)
		}
		head, _ := json.Marshal(r.Header)
		l.see(way(from, office), []byte(r.URL.String()), head, asked)
		handler.ServeHTTP(&watchedAnswer{rw, func(answer []byte) { l.see(way(office, from), answer) }}, r)
	})
	l.urls[office] = "https://" + linetest.Run(t, line.Server{
		Handler: watched, TLS: line.ServerTLS(l.Office(t, office), l.Roots), Log: l.log(),
	})
}

type watchedAnswer struct {
	http.ResponseWriter
	see func([]byte)
}

func (a *watchedAnswer) Write(answer []byte) (int, error) {
	a.see(answer)
	return a.ResponseWriter.Write(answer)
}

func (l *lines) client(t *testing.T, from, to post.Address) *line.Client {
	t.Helper()
	return l.Client(t, from, to, l.urls[to])
}

// offices are those of a sandbox that have a store.
func offices() []post.Address {
	return []post.Address{
		message.AtRegistry, message.AtLink, message.AtCA, message.AtRevocation, message.AtCounter(app.Mihon.Code), message.AtCounter(app.Rinri.Code),
	}
}

// files sees all files of an office's folder.
func (w *witness) files(t *testing.T, place, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) { // SQLite took it away
			return nil
		}
		w.see(place, []byte(d.Name()), data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// tables sees all rows of all tables of a database. Those of the audit log are seen as audit logs too; dead letters, which are
// kept whole, as nothing else.
func (w *witness) tables(t *testing.T, place, url string) {
	t.Helper()
	database := dbtest.Raw(t, url)
	defer database.Close()
	for _, table := range tablesOf(t, database, url) {
		text := dump(t, database, table)
		switch {
		case table == "post_refused":
			w.see("dead letters", text)
			continue
		case strings.HasPrefix(table, "audit_"):
			w.see("audit logs", text)
		}
		w.see(place, text)
	}
}

func tablesOf(t *testing.T, database *sql.DB, url string) (tables []string) {
	t.Helper()
	query := `SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`
	if !strings.HasPrefix(url, "sqlite:") {
		query = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY table_name`
	}
	rows, err := database.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var table string
		if err := rows.Scan(&table); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, table)
	}
	if err := rows.Err(); err != nil || len(tables) == 0 {
		t.Fatalf("%d tables, %v", len(tables), err)
	}
	return tables
}

// dump returns a table, a value to the line.
func dump(t *testing.T, database *sql.DB, table string) []byte {
	t.Helper()
	rows, err := database.QueryContext(t.Context(), `SELECT * FROM `+table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var text []byte
	for rows.Next() {
		values := make([]any, len(columns))
		places := make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		if err := rows.Scan(places...); err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			if b, is := v.([]byte); is {
				v = string(b)
			}
			text = fmt.Appendf(text, "%v\n", v)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return text
}

// places are the rows for which something was seen.
func (w *witness) places() []string { return slices.Sorted(maps.Keys(w.seen)) }

// find returns in which encoding a value was seen at a place, "" if it was not.
func (w *witness) find(place string, v planted) string {
	for _, data := range w.seen[place] {
		if how := v.in(data); how != "" {
			return how
		}
		if joined := unbroken(data); len(joined) < len(data) {
			if how := v.in(joined); how != "" {
				return how
			}
		}
	}
	return ""
}
