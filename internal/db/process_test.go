package db_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/openjpki/jpki/internal/db"
)

// childTask names the environment variable that makes the test program act as
// a second process on a database.
const childTask = "DB_TEST_TASK"

func TestMain(m *testing.M) {
	task := os.Getenv(childTask)
	if task == "" {
		os.Exit(m.Run())
	}
	if err := act(context.Background(), task, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// act does a task on the database with a URL.
func act(ctx context.Context, task, url string) error {
	if task == "migrate" {
		fmt.Println("ready")
		io.Copy(io.Discard, os.Stdin)
	}
	d, err := db.Open(ctx, db.Config{URL: url})
	if err != nil {
		return err
	}
	defer d.Close()
	if task == "migrate" {
		if err := d.Migrate(ctx, "person", withAge); err != nil {
			return err
		}
		fmt.Println("migrated")
		return nil
	}
	return d.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, insertPerson, "held")
		fmt.Println("holding")
		io.Copy(io.Discard, os.Stdin) // until the parent closes it
		return err
	})
}

// child is a second process.
type child struct {
	stdin io.Closer
	lines *bufio.Scanner
	kill  func()
}

func start(t *testing.T, task, url string) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0], url)
	cmd.Env = append(os.Environ(), childTask+"="+task)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killed := false
	t.Cleanup(func() {
		stdin.Close()
		if err := cmd.Wait(); err != nil && !killed {
			t.Errorf("process %s: %v", task, err)
		}
	})
	kill := func() {
		killed = true
		cmd.Process.Kill()
	}
	return &child{stdin, bufio.NewScanner(stdout), kill}
}

// expect waits for the next line that the process prints.
func (c *child) expect(t *testing.T, want string) {
	t.Helper()
	if !c.lines.Scan() || c.lines.Text() != want {
		t.Fatalf("process printed %q, want %q", c.lines.Text(), want)
	}
}
