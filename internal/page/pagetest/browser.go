//go:build judges

package pagetest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// limit is the longest that a browser may take over one thing. On an idle machine none takes more than a few seconds.
const limit = time.Minute

// Browser is a running Chromium with a profile of its own.
type Browser struct {
	conn *conn
}

// options keep the browser from reaching for anything but the pages of the test.
var options = []string{
	"--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic",
	"--no-first-run", "--no-default-browser-check", "--disable-background-networking", "--disable-component-update",
	"--disable-sync", "--disable-extensions", "--disable-breakpad", "--disable-crash-reporter", "--disable-domain-reliability",
	"--disable-client-side-phishing-detection", "--no-pings", "--metrics-recording-only", "--disable-default-apps",
	"--password-store=basic", "--use-mock-keychain", "--mute-audio", "--hide-scrollbars", "--font-render-hinting=none",
	"--force-color-profile=srgb", "--disable-features=Translate,OptimizationHints,MediaRouter,InterestFeedContentSuggestions",
	"--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
}

// Open starts a browser. It ends with the test, and all its processes with it.
func Open(t testing.TB) *Browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("chromium is missing: apt-get install -y chromium fonts-noto-cjk")
	}
	home := t.TempDir()
	cmd := exec.Command(path, append(options, "--user-data-dir="+filepath.Join(home, "profile"), "about:blank")...)
	cmd.Dir = home
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home, "LC_ALL=C.UTF-8", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a group of its own, to be ended as one
	var printed bytes.Buffer
	cmd.Stderr = &printed
	conn, err := start(cmd)
	if err != nil {
		t.Fatalf("starting chromium: %v", err)
	}
	t.Cleanup(func() {
		if conn.end() != nil {
			t.Logf("chromium ended by itself:\n%s", printed.Bytes())
		}
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // who is left of the group
		_ = cmd.Wait()                                      // until nobody of it holds its standard error
		conn.close()
	})
	return &Browser{conn}
}

// start runs the browser with its pipes: it reads commands from file 3 and writes answers and events to file 4.
func start(cmd *exec.Cmd) (*conn, error) {
	commands, toBrowser, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	fromBrowser, answers, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.ExtraFiles = []*os.File{commands, answers}
	err = cmd.Start()
	commands.Close()
	answers.Close()
	if err != nil {
		return nil, err
	}
	return newConn(fromBrowser, toBrowser), nil
}

// call asks the browser, in a session or as a whole, and decodes the answer into a T. The test ends if it fails.
func call[T any](t testing.TB, c *conn, session, method string, params any) T {
	t.Helper()
	var result T
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), limit) // also while the test cleans up
	defer cancel()
	if err := c.call(ctx, session, method, params, &result); err != nil {
		t.Fatalf("%s: %v", method, err)
	}
	return result
}

// nothing is the answer to what is only done.
type nothing struct{}

// object is a JSON object for the browser.
type object map[string]any
