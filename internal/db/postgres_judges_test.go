//go:build judges

package db_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/fault"
)

// role returns the name of the role in a URL, which is that of its schema.
func role(t *testing.T, databaseURL string) string {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	return u.User.Username()
}

func TestPostgresRefuses(t *testing.T) {
	own, other := dbtest.NewSchema(t), dbtest.NewSchema(t)
	if _, err := dbtest.Raw(t, dbtest.Superuser(t)).ExecContext(t.Context(), `DROP ROLE IF EXISTS homeless; CREATE ROLE homeless LOGIN`); err != nil {
		t.Fatal(err)
	}
	as := func(name string) string { return strings.Replace(own, role(t, own)+"@", name+"@", 1) }
	tests := []struct {
		name, url, key string
		kind           fault.Kind
	}{
		{"role without a schema", as("homeless"), "db.schema", fault.Invalid},
		{"schema that is not there", own + "&search_path=nowhere", "db.schema", fault.Invalid},
		{"schema of everybody", own + "&search_path=public", "db.schema", fault.Invalid},
		{"schema of another office", own + "&search_path=" + role(t, other), "db.schema", fault.Invalid},
		{"unknown role", as("nobody"), "db.login", fault.Invalid},
		{"unknown database", strings.Replace(own, "/postgres?", "/nowhere?", 1), "db.missing", fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := db.Open(t.Context(), db.Config{URL: tt.url})
			if fault.KeyOf(err) != tt.key || fault.KindOf(err) != tt.kind {
				t.Errorf("Open = %v, kind %v, want %s, kind %v", err, fault.KindOf(err), tt.key, tt.kind)
			}
		})
	}
	if _, err := db.Open(t.Context(), db.Config{URL: own + "&search_path=" + role(t, own)}); err != nil {
		t.Errorf("Open with the schema named = %v", err)
	}
}

// One office cannot look into the schema of another, even by its full name.
func TestPostgresKeepsOfficesApart(t *testing.T) {
	first, second := dbtest.NewSchema(t), dbtest.NewSchema(t)
	if err := open(t, first, db.Config{}).Migrate(t.Context(), "person", person); err != nil {
		t.Fatal(err)
	}
	err := open(t, second, db.Config{}).View(t.Context(), func(tx *db.Tx) error {
		var n int
		return tx.QueryRow(t.Context(), fmt.Sprintf(`SELECT count(*) FROM %s.person`, role(t, first))).Scan(&n)
	})
	if err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("View of the other office = %v, want a refusal", err)
	}
}

func TestPostgresGoesAway(t *testing.T) {
	d := open(t, dbtest.NewSchema(t), db.Config{})
	if err := d.Migrate(t.Context(), "person", person); err != nil {
		t.Fatal(err)
	}
	server := dbtest.Raw(t, dbtest.Superuser(t))
	err := d.Update(t.Context(), func(tx *db.Tx) error {
		var session int
		if err := tx.QueryRow(t.Context(), `SELECT pg_backend_pid()`).Scan(&session); err != nil {
			return err
		}
		if _, err := server.ExecContext(t.Context(), `SELECT pg_terminate_backend($1, 60000)`, session); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), insertPerson, "second")
		return err
	})
	if fault.KeyOf(err) != "db.unavailable" || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("Update = %v, want db.unavailable", err)
	}
	if err := d.Update(t.Context(), func(*db.Tx) error { return nil }); err != nil {
		t.Errorf("Update afterwards = %v", err)
	}
	if got := count(t, d); got != 1 {
		t.Errorf("%d rows, want 1", got)
	}
}

// If the connection breaks while a commit is on its way, nobody knows, and Update says so.
func TestPostgresCommitUncertain(t *testing.T) {
	for _, tt := range []struct {
		name   string
		passes bool // the commit reaches the server
		rows   int
	}{{"before the server hears of it", false, 1}, {"before the answer arrives", true, 2}} {
		t.Run(tt.name, func(t *testing.T) {
			direct := dbtest.NewSchema(t)
			if err := open(t, direct, db.Config{}).Migrate(t.Context(), "person", person); err != nil {
				t.Fatal(err)
			}
			folder, armed := cuttingLine(t, direct, tt.passes)
			u, err := url.Parse(direct)
			if err != nil {
				t.Fatal(err)
			}
			u.RawQuery = url.Values{"host": {folder}}.Encode()
			d := open(t, u.String(), db.Config{})
			err = d.Update(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), insertPerson, "second")
				close(armed)
				return err
			})
			if fault.KeyOf(err) != "db.uncertain" || fault.KindOf(err) != fault.Unavailable {
				t.Errorf("Update = %v, want db.uncertain", err)
			}
			if got := count(t, open(t, direct, db.Config{})); got != tt.rows {
				t.Errorf("%d rows, want %d", got, tt.rows)
			}
		})
	}
}

// cuttingLine is a socket in a folder that leads to the server and breaks at the first commit after it is armed.
func cuttingLine(t *testing.T, server string, passes bool) (folder string, armed chan struct{}) {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	const socket = ".s.PGSQL.5432"
	folder, armed = t.TempDir(), make(chan struct{})
	listener, err := net.Listen("unix", filepath.Join(folder, socket))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("unix", filepath.Join(u.Query().Get("host"), socket))
			if err != nil {
				return
			}
			go lead(client, upstream, armed, passes)
		}
	}()
	return folder, armed
}

func lead(client, server net.Conn, armed chan struct{}, passes bool) {
	defer client.Close()
	defer server.Close()
	cut, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		io.Copy(&until{client, cut}, server)
	}()
	buffer := make([]byte, 1<<16)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		last := isCommit(buffer[:n], armed)
		if last {
			close(cut)
		}
		if last && !passes {
			return
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
		if last {
			<-ended // the server has answered, so the commit is made
			return
		}
	}
}

func isCommit(message []byte, armed chan struct{}) bool {
	select {
	case <-armed:
		return bytes.Contains(message, []byte("commit"))
	default:
		return false
	}
}

// until passes on what is written to it until a channel is closed.
type until struct {
	to   io.Writer
	over chan struct{}
}

func (u *until) Write(data []byte) (int, error) {
	select {
	case <-u.over:
		return 0, io.ErrClosedPipe
	default:
		return u.to.Write(data)
	}
}
