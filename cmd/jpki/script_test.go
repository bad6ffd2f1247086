package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/db"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(tests{m}, map[string]func(){"jpki": main})
}

// tests runs the tests and then takes the nation away that they share.
type tests struct{ *testing.M }

func (t tests) Run() int {
	code := t.M.Run()
	if dir, err := nation(); err == nil {
		os.RemoveAll(dir)
	}
	return code
}

// nation is a sandbox in which hanako holds a card, made once and copied into each script.
var nation = sync.OnceValues(func() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "jpki-script-"); err != nil {
		return "", err
	}
	s, err := app.Open(context.Background(), app.Config{Dir: dir})
	if err != nil {
		return dir, err
	}
	defer s.Close()
	for _, id := range []string{"hanako", "taro"} {
		a := app.Application{ID: id, Attributes: app.Invent("hanako"), PINs: app.PINs{Auth: "1234", Sign: "ABC123"}}
		if _, err = s.NewCard(context.Background(), a); err != nil {
			return dir, err
		}
	}
	return dir, nil
})

func TestScript(t *testing.T) {
	made, err := nation()
	if err != nil {
		t.Fatal(err)
	}
	v := newValidity(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("LC_ALL", "C")
			e.Setenv("PCSCLITE_CSOCK_NAME", filepath.Join(e.WorkDir, "nobody"))
			e.Setenv("OCSP", v.url)
			if err := v.write(e.WorkDir); err != nil {
				return err
			}
			return os.CopyFS(filepath.Join(e.WorkDir, "nation"), os.DirFS(made))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"waitfor": waitFor, "sql": runSQL},
	})
}

// waitFor waits until a file exists: waitfor FILE.
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: waitfor FILE")
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
	}
	ts.Fatalf("%s did not appear", args[0])
}

// runSQL changes a database behind the program's back: sql FILE STATEMENT.
func runSQL(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sql FILE STATEMENT")
	}
	d, err := db.Open(context.Background(), db.Config{URL: "sqlite:" + ts.MkAbs(args[0])})
	ts.Check(err)
	defer d.Close()
	ts.Check(d.Update(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(context.Background(), args[1])
		return err
	}))
}

// Every example of every command's help stands in a script, as it is.
func TestExamplesAreRun(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	lines := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if _, command, ok := strings.Cut(line, "exec "); ok {
				command, _, _ = strings.Cut(strings.TrimSpace(command), " &")
				lines[command] = true
			}
		}
	}
	for _, c := range commands() {
		if len(c.examples) == 0 {
			t.Errorf("command %s has no example", c.name)
		}
		for _, example := range c.examples {
			if !lines[example] {
				t.Errorf("example of %s is run by no script: %s", c.name, example)
			}
		}
	}
}

// Every command explains itself.
func TestHelpOfEveryCommand(t *testing.T) {
	for _, c := range commands() {
		var out, problems bytes.Buffer
		e := env{args: append([]string{"help"}, strings.Fields(c.name)...), stdout: &out, stderr: &problems, getenv: func(string) string { return "" }, now: time.Now}
		if code := run(t.Context(), e); code != exitOK {
			t.Errorf("help %s = %d, %s", c.name, code, &problems)
		}
		for _, want := range append([]string{c.summary, "usage: jpki " + c.name, "examples:"}, c.examples...) {
			if !strings.Contains(out.String(), want) {
				t.Errorf("help %s lacks %q", c.name, want)
			}
		}
	}
}

// The exit status tells a script the verdict: 0 passed, 1 failed, 2 nobody can say, 3 could not run.
func TestExitStatusOfVerdicts(t *testing.T) {
	made, err := nation()
	if err != nil {
		t.Fatal(err)
	}
	auth, own := filepath.Join(made, "ca", "auth.pem"), filepath.Join(t.TempDir(), "own.pem")
	v, dir := newValidity(t), t.TempDir()
	if err := v.write(dir); err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(dir, "mihon.crl")
	query := func(url string) []string {
		return []string{"ocsp", "query", "-issuer", filepath.Join(dir, "auth-ca.pem"), "-cert", filepath.Join(dir, "auth.pem"), "-url", url}
	}
	for _, tt := range []struct {
		want int
		args []string
	}{
		{exitOK, []string{"card", "export", "-data", made, "-person", "taro", "-file", "auth", "-out", own}},
		{exitOK, []string{"cert", "verify", "-trust", auth, own}},
		{exitNotOK, []string{"cert", "verify", "-trust", auth, "-at", "2020-01-01T00:00:00Z", own}},
		{exitIndeterminate, []string{"verify", "-trust", auth, own}},
		{exitCouldNot, []string{"cert", "verify", own}},
		{exitOK, query(v.url)},
		{exitNotOK, query(v.url + "/revoked")},
		{exitNotOK, query(v.url + "/unknown")},
		{exitIndeterminate, query(v.url + "/old")},
		{exitIndeterminate, query(v.url + "/later")},
		{exitIndeterminate, append(query(v.url+"/appointed"), "-nonce")},
		{exitCouldNot, query("http://127.0.0.1:1")},
		{exitOK, []string{"crl", "show", list}},
		{exitOK, []string{"crl", "show", "-serial", "01", list}},
		{exitNotOK, []string{"crl", "show", "-serial", "067C6A80", list}},
		{exitCouldNot, []string{"crl", "show", own}},
	} {
		var out, problems bytes.Buffer
		e := env{args: tt.args, stdout: &out, stderr: &problems, getenv: func(string) string { return "" }, now: time.Now}
		if code := run(t.Context(), e); code != tt.want {
			t.Errorf("%s: exit status %d, want %d\n%s%s", strings.Join(tt.args, " "), code, tt.want, &out, &problems)
		}
	}
}
