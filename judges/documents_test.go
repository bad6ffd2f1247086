//go:build judges

package judges_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// step is one command of a document with the lines that the document shows below it.
type step struct {
	line    int
	command string
	shows   []string
}

// steps returns the commands of a document: the lines that begin with "$ " in its console blocks.
func steps(document string) []step {
	var found []step
	inside := false
	for i, line := range strings.Split(document, "\n") {
		command, isCommand := strings.CutPrefix(line, "$ ")
		switch {
		case strings.HasPrefix(line, "```"):
			inside = line == "```console"
		case inside && isCommand:
			found = append(found, step{line: i + 1, command: command})
		case inside && line != "" && len(found) > 0:
			last := &found[len(found)-1]
			last.shows = append(last.shows, line)
		}
	}
	return found
}

// Every command that a document shows is run, in the document's order and in one shell, and prints what it shows.
func TestDocuments(t *testing.T) {
	programs := filepath.Dir(build(t))
	documents, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	run := 0
	for _, document := range append(documents, "../README.md") {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		if found := steps(string(text)); len(found) > 0 {
			run += len(found)
			t.Run(filepath.Base(document), func(t *testing.T) {
				t.Parallel()
				follow(t, programs, found)
			})
		}
	}
	if run == 0 {
		t.Error("no document shows a command")
	}
}

// follow runs the commands of one document and compares what they print.
func follow(t *testing.T, programs string, commands []step) {
	t.Helper()
	const mark = "--- end of command, exit status "
	var script strings.Builder
	for _, s := range commands {
		fmt.Fprintf(&script, "%s\necho \"%s$?\"\n", s.command, mark)
	}
	printed := shell(t, programs, script.String())
	answers := strings.Split(printed, mark)
	if len(answers) != len(commands)+1 {
		t.Fatalf("%d of %d commands ended\n%s", len(answers)-1, len(commands), printed)
	}
	for i, s := range commands {
		output := answers[i]
		if i > 0 {
			_, output, _ = strings.Cut(output, "\n") // the exit status of the command before
		}
		if status, _, _ := strings.Cut(answers[i+1], "\n"); status != "0" {
			t.Errorf("line %d: %s\nexit status %s\n%s", s.line, s.command, status, output)
		}
		for _, want := range s.shows {
			if !shown(output, want) {
				t.Errorf("line %d: %s\nprinted\n%s\nwithout %q", s.line, s.command, output, want)
			}
		}
	}
}

// shown reports whether a line of the document stands in the output; "…" is any text.
func shown(output, want string) bool {
	for line := range strings.Lines(output) {
		rest, found := line, false
		for part := range strings.SplitSeq(strings.TrimSpace(want), "…") {
			if _, rest, found = strings.Cut(rest, part); !found {
				break
			}
		}
		if found {
			return true
		}
	}
	return false
}

// shell runs a script in an empty folder, with jpki in the PATH, and ends whatever the script leaves running.
func shell(t *testing.T, programs, script string) (printed string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", script)
	cmd.Dir = t.TempDir()
	cmd.Env = []string{"PATH=" + programs + ":" + os.Getenv("PATH"), "HOME=" + cmd.Dir, "LC_ALL=C.UTF-8", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // the group that this test has made
	if err := cmd.Wait(); err != nil {
		t.Logf("shell: %v", err)
	}
	return output.String()
}
