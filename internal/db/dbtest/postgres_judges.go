//go:build judges

package dbtest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func servers() []Engine { return []Engine{{"postgres", NewSchema}} }

// programs is where Debian puts each version of PostgreSQL.
const programs = "/usr/lib/postgresql/*/bin"

//go:embed cluster.sh
var clusterScript string

// cluster starts the server of this test program the first time it is called, and returns its folder.
var cluster = sync.OnceValues(func() (folder string, err error) {
	bins, err := filepath.Glob(programs + "/initdb")
	if len(bins) == 0 {
		return "", errors.Join(err, fmt.Errorf("PostgreSQL is missing in %s: apt-get install -y postgresql", programs))
	}
	shell := []string{"sh", "-c", clusterScript}
	if os.Geteuid() == 0 { // the server refuses to run as root
		shell = slices.Concat([]string{"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"}, shell)
	}
	cmd := exec.Command(shell[0], shell[1:]...)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + filepath.Dir(slices.Max(bins)) + ":/usr/bin:/bin", "LC_ALL=C.UTF-8"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // an interrupt is for the tests; the shell then sees them end
	if _, err := cmd.StdinPipe(); err != nil {           // open as long as this program lives
		return "", err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	trouble := new(bytes.Buffer)
	cmd.Stderr = trouble
	if err := cmd.Start(); err != nil {
		return "", err
	}
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() {
		return "", fmt.Errorf("starting PostgreSQL: %w\n%s", cmd.Wait(), trouble)
	}
	go cmd.Wait() // keeps the pipe open
	return lines.Text(), nil
})

// Superuser returns the URL of the server for its superuser, who may do what no office may.
func Superuser(t testing.TB) string {
	t.Helper()
	folder, err := cluster()
	if err != nil {
		t.Fatal(err)
	}
	return "postgres://postgres@/postgres?host=" + folder
}

// NewSchema makes a role with a schema of the same name and returns the URL of an office that has them.
func NewSchema(t testing.TB) string {
	t.Helper()
	superuser := Superuser(t)
	raw, err := sql.Open("pgx", superuser)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	name := "office_" + strings.ToLower(rand.Text())
	if _, err := raw.ExecContext(context.Background(), fmt.Sprintf("CREATE ROLE %[1]s LOGIN; CREATE SCHEMA AUTHORIZATION %[1]s", name)); err != nil {
		t.Fatal(err)
	}
	return strings.Replace(superuser, "postgres@", name+"@", 1)
}
