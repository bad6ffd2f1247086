//go:build judges

package judges_test

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// programs.txt: a program, or the pattern of a file, " | ", the Debian package that brings it.
//
//go:embed programs.txt
var programs string

// limit is the longest a program may run. On an idle machine none here takes more than a few seconds.
const limit = time.Minute

// find returns the path of a program, or of the file that a pattern with a slash in front matches. Where it is missing,
// the test ends and says what to install.
func find(t testing.TB, name string) string {
	t.Helper()
	_, after, known := strings.Cut("\n"+programs, "\n"+name+" | ")
	if !known {
		t.Fatalf("%s is not in programs.txt", name)
	}
	path, err := exec.LookPath(name)
	if strings.HasPrefix(name, "/") {
		path, err = match(name)
	}
	if err != nil {
		debian, _, _ := strings.Cut(after, "\n")
		t.Fatalf("%s is missing: apt-get install -y %s", name, debian)
	}
	return path
}

// match returns the first file of a pattern.
func match(pattern string) (string, error) {
	files, err := filepath.Glob(pattern)
	if len(files) == 0 {
		return "", errors.Join(err, os.ErrNotExist)
	}
	return files[0], nil
}

// environment is what programs find besides the clean environment that all have: NAME=value.
type environment []string

// command prepares the program at path: without input, in an empty folder, killed when the limit is over.
func (e environment) command(t testing.TB, path string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + cmd.Dir, "TMPDIR=" + cmd.Dir, "LC_ALL=C.UTF-8", "TZ=UTC",
	}, e...)
	cmd.WaitDelay = time.Second
	return cmd
}

// run runs a program to its end, see [finish].
func (e environment) run(t testing.TB, program string, args ...string) (output string, code int) {
	t.Helper()
	return finish(t, e.command(t, find(t, program), args...))
}

// mustRun is run for a program that must succeed.
func (e environment) mustRun(t testing.TB, program string, args ...string) (output string) {
	t.Helper()
	output, code := e.run(t, program, args...)
	if code != 0 {
		t.Fatalf("%s %s: exit code %d\n%s", program, strings.Join(args, " "), code, output)
	}
	return output
}

// says is run for a judge that must accept, and print want.
func (e environment) says(t testing.TB, want, program string, args ...string) {
	t.Helper()
	if output, code := e.run(t, program, args...); code != 0 || !strings.Contains(output, want) {
		t.Errorf("%s %s: exit code %d, want 0 and %q\n%s", program, strings.Join(args, " "), code, want, output)
	}
}

// refuses is run for a judge that must refuse, for the reason want.
func (e environment) refuses(t testing.TB, want, program string, args ...string) {
	t.Helper()
	if output, code := e.run(t, program, args...); code == 0 || !strings.Contains(output, want) {
		t.Errorf("%s %s: exit code %d, want another than 0 and %q\n%s", program, strings.Join(args, " "), code, want, output)
	}
}

// finish runs a program to its end, without a terminal at which it could ask, and returns all it printed and its exit
// code. A program that exceeds the limit or dies of a signal ends the test.
func finish(t testing.TB, cmd *exec.Cmd) (output string, code int) {
	t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	printed, err := cmd.CombinedOutput()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited || cmd.ProcessState.ExitCode() < 0 {
		t.Fatalf("running %s: %v\n%s", cmd.Path, err, printed)
	}
	return string(printed), cmd.ProcessState.ExitCode()
}

// launch starts a program that serves others and waits until it prints a line that ready matches; found is its first
// group. stop ends the program, at the latest with the test, and returns all it printed.
func launch(t testing.TB, ready *regexp.Regexp, cmd *exec.Cmd) (found string, stop func() string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = w, w
	if err := errors.Join(cmd.Start(), w.Close()); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(r)
	var printed strings.Builder
	stop = sync.OnceValue(func() string {
		_ = cmd.Process.Kill() // it may have ended by itself
		_, _ = lines.WriteTo(&printed)
		_ = cmd.Wait()
		r.Close()
		return printed.String()
	})
	t.Cleanup(func() { stop() })
	for {
		line, err := lines.ReadString('\n')
		printed.WriteString(line)
		if m := ready.FindStringSubmatch(line); m != nil {
			return m[1], stop
		}
		if err != nil {
			t.Fatalf("%s ended before it was ready:\n%s", cmd.Path, stop())
		}
	}
}

// run runs a program with nothing but the clean environment.
func run(t testing.TB, program string, args ...string) (output string, code int) {
	t.Helper()
	return environment(nil).run(t, program, args...)
}

// mustRun is run for a program that must succeed.
func mustRun(t testing.TB, program string, args ...string) (output string) {
	t.Helper()
	return environment(nil).mustRun(t, program, args...)
}
