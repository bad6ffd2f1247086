// Package crashtest kills a program where its doc comments say it may be killed, and lets the test look at what is
// left.
//
// A test binary runs itself again as a child that plays one scenario in a folder. The scenario announces each numbered
// step; at the chosen one the child kills itself with SIGKILL, so that nothing is flushed, unlocked or deferred. The
// parent then opens the folder and checks what must be true. [Steps] reads the numbers from the doc comment of the
// function, so that a step without a test cannot be. [Play] does this for every step, and anywhere.
package crashtest

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// Scenario does the same work in the same folder each time it is called, continuing what an earlier call left. It calls
// at with the name of each step as the step begins.
type Scenario func(dir string, at func(step string)) error

// The child learns its part from the environment.
const (
	envScenario = "CRASHTEST_SCENARIO"
	envDir      = "CRASHTEST_DIR"
	envStep     = "CRASHTEST_STEP"  // where to die
	envCount    = "CRASHTEST_COUNT" // at which occurrence of it, from 1
)

// Main runs the tests of a package, or one scenario when the binary is a child. Call it from TestMain.
func Main(m *testing.M, scenarios map[string]Scenario) {
	scenario, isChild := scenarios[os.Getenv(envScenario)]
	if !isChild {
		os.Exit(m.Run())
	}
	count, _ := strconv.Atoi(os.Getenv(envCount))
	at := func(step string) {
		if step == os.Getenv(envStep) {
			if count--; count == 0 {
				die()
			}
		}
	}
	if err := scenario(os.Getenv(envDir), at); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func die() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // the signal is on its way
}

// Kill plays a scenario in a child that dies at the count-th beginning of a step. It reports whether the child got
// there; otherwise it has ended its work.
func Kill(t *testing.T, scenario, dir, step string, count int) (killed bool) {
	t.Helper()
	cmd, stderr := child(t, scenario, dir, step, count)
	return wasKilled(t, cmd.Run(), stderr)
}

// KillAfter plays a scenario in a child that is killed after some time, wherever it is then.
func KillAfter(t *testing.T, scenario, dir string, d time.Duration) (killed bool) {
	t.Helper()
	cmd, stderr := child(t, scenario, dir, "", 0)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(d, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	return wasKilled(t, cmd.Wait(), stderr)
}

// Finish plays a scenario in a child to its end.
func Finish(t *testing.T, scenario, dir string) {
	t.Helper()
	if Kill(t, scenario, dir, "", 0) {
		t.Fatalf("scenario %s was killed, want it to end", scenario)
	}
}

func child(t *testing.T, scenario, dir, step string, count int) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary)
	cmd.Env = append(os.Environ(), envScenario+"="+scenario, envDir+"="+dir, envStep+"="+step, envCount+"="+strconv.Itoa(count))
	stderr := new(bytes.Buffer)
	cmd.Stderr = stderr
	return cmd, stderr
}

func wasKilled(t *testing.T, err error, stderr *bytes.Buffer) bool {
	t.Helper()
	if err == nil {
		return false
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGKILL {
			return true
		}
	}
	t.Fatalf("child: %v\n%s", err, stderr)
	return false
}

// Random returns the random choices of one run. The seed is printed when the test fails.
func Random(t *testing.T, seed uint64) *rand.Rand {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 0))
}

var numbered = regexp.MustCompile(`(?m)^\s*(\d+)\. `)

// Steps returns the numbers in the doc comment of a function or method of a Go file, as names: "Issue 1", "Issue 2", ….
// They must count up from 1.
func Steps(t *testing.T, file, function string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, decl := range parsed.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Name.Name != function {
			continue
		}
		for _, match := range numbered.FindAllStringSubmatch(f.Doc.Text(), -1) {
			if match[1] != strconv.Itoa(len(names)+1) {
				t.Fatalf("%s: step %s of %s is out of order", file, match[1], function)
			}
			names = append(names, function+" "+match[1])
		}
	}
	if len(names) == 0 {
		t.Fatalf("%s: no numbered steps in the doc comment of %s", file, function)
	}
	return names
}
