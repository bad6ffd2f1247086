package pcscdtest

import (
	"bufio"
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// SlotsPerReader is how many cards one virtual reader takes; the driver's package fixes it.
const SlotsPerReader = 2

// maxReaders is what pcscd's table of 16 slots allows.
const maxReaders = 16 / SlotsPerReader

const (
	pcscd  = "/usr/sbin/pcscd"
	driver = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
)

// Config describes a pcscd. The zero value is one reader with pcscd's own timing.
type Config struct {
	// Readers is how many virtual readers there are, at most 8, each with [SlotsPerReader] slots. Default: 1.
	Readers int
	// Poll is the time between two of pcscd's looks for a card in a slot, at least a microsecond. It is also the unit in which
	// pcscd delays powering off an idle card (one to two of them). Default: the 400 ms built into pcscd.
	Poll time.Duration
}

// Daemon is a running pcscd.
type Daemon struct {
	socket string
	addrs  []string
}

//go:embed shim/bindlo.c
var bindlo []byte

// Start starts a pcscd whose slots are empty and waits until it serves clients. It is stopped, and its log shown if the test
// failed, when the test ends.
func Start(t testing.TB, c Config) *Daemon {
	t.Helper()
	if c.Readers == 0 {
		c.Readers = 1
	}
	if c.Readers < 0 || c.Readers > maxReaders {
		t.Fatalf("pcscdtest: %d readers; pcscd takes 1 to %d with %d slots each", c.Readers, maxReaders, SlotsPerReader)
	}
	need(t)
	dir := shortDir(t)
	d := &Daemon{socket: filepath.Join(dir, "pcscd.comm")}
	writeConfig(t, dir, c.Readers)
	ports := filepath.Join(dir, "ports")
	start(t, d.socket, configDir(dir), append(os.Environ(),
		"SHIM="+compile(t, dir), "BINDLO_PORTS="+ports, "BINDLO_POLL_US="+microseconds(c.Poll)))
	d.addrs = readPorts(t, ports, c.Readers)
	return d
}

// Socket returns the path of the unix socket clients connect to.
func (d *Daemon) Socket() string { return d.socket }

// Env returns the environment for a PC/SC program that is to use this pcscd: ours with PCSCLITE_CSOCK_NAME.
func (d *Daemon) Env() []string { return append(os.Environ(), "PCSCLITE_CSOCK_NAME="+d.socket) }

// Slots returns how many cards fit in.
func (d *Daemon) Slots() int { return len(d.addrs) }

// Addr returns the loopback address a card connects to, to be in the slot. Slots count from 0.
func (d *Daemon) Addr(slot int) string { return d.addrs[slot] }

// ReaderName returns the name under which clients see the slot.
func (d *Daemon) ReaderName(slot int) string {
	return fmt.Sprintf("%s 00 %02X", friendlyName(slot/SlotsPerReader), slot%SlotsPerReader)
}

// friendlyName differs from reader to reader, since pcscd numbers only the readers of one driver file.
func friendlyName(reader int) string { return fmt.Sprintf("OpenJPKI Test Reader %c", 'A'+reader) }

// configuredPort is what a slot's port is called in the configuration; the shim tells which port it is really.
func configuredPort(slot int) int { return 35963 + slot }

func need(t testing.TB) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Fatalf("pcscdtest: pcscd with virtual readers runs on Linux, not on %s", runtime.GOOS)
	}
	for _, path := range []string{pcscd, driver, "gcc", "/usr/include/stdio.h"} {
		_, err := os.Stat(path)
		if !filepath.IsAbs(path) {
			_, err = exec.LookPath(path)
		}
		if err != nil {
			t.Fatalf("pcscdtest: %v; install it: apt-get install --no-install-recommends pcscd vsmartcard-vpcd gcc libc6-dev", err)
		}
	}
}

// shortDir is like t.TempDir, whose long names do not fit into the address of a unix socket.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pcscd")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func configDir(dir string) string { return filepath.Join(dir, "reader.conf.d") }

// writeConfig describes the readers in one file, so that clients see them in this order. Each names its own copy of the driver,
// which keeps its slots in static variables.
func writeConfig(t testing.TB, dir string, readers int) {
	t.Helper()
	code, err := os.ReadFile(driver)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(configDir(dir), 0o700); err != nil {
		t.Fatal(err)
	}
	var conf bytes.Buffer
	for i := range readers {
		lib := filepath.Join(dir, fmt.Sprintf("libifdvpcd%d.so", i))
		write(t, lib, code)
		port := configuredPort(i * SlotsPerReader)
		fmt.Fprintf(&conf, "FRIENDLYNAME %q\nDEVICENAME /dev/null:%d\nLIBPATH %s\nCHANNELID %d\n\n", friendlyName(i), port, lib, port)
	}
	write(t, filepath.Join(configDir(dir), "vpcd"), conf.Bytes())
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// compile makes the shim and returns its path.
func compile(t testing.TB, dir string) string {
	t.Helper()
	source, shim := filepath.Join(dir, "bindlo.c"), filepath.Join(dir, "bindlo.so")
	write(t, source, bindlo)
	if out, err := exec.Command("gcc", "-shared", "-fPIC", "-Wall", "-Werror", "-O1", "-o", shim, source).CombinedOutput(); err != nil {
		t.Fatalf("pcscdtest: compiling bindlo.c: %v\n%s", err, out)
	}
	return shim
}

// microseconds is empty for the default, which the shim takes for unset.
func microseconds(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return strconv.FormatInt(max(1, d.Microseconds()), 10)
}

// start runs pcscd on a socket that it gets open, as from systemd: descriptor 3, told by LISTEN_FDS and its own process id,
// which the shell knows before it becomes pcscd. It returns when pcscd says that it is ready.
func start(t testing.TB, socket, conf string, env []string) {
	t.Helper()
	listener := listen(t, socket)
	defer listener.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh", "-c", `LD_PRELOAD="$SHIM" LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"`,
		pcscd, "--foreground", "--info", "--config", conf)
	cmd.Env, cmd.ExtraFiles, cmd.Stdout, cmd.Stderr = env, []*os.File{listener}, w, w
	ended := run(t, cmd)
	w.Close()
	log := &lines{}
	ready := make(chan struct{})
	go log.follow(r, []byte("daemon ready"), ready)
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		<-ended
		if t.Failed() {
			t.Logf("pcscd said:\n%s", log.text())
		}
	})
	select {
	case <-ready:
	case err := <-ended:
		t.Fatalf("pcscdtest: pcscd ended: %v\n%s", err, log.text())
	}
}

// listen opens the unix socket. It stays when the listener is closed: pcscd has it then.
func listen(t testing.TB, socket string) *os.File {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	defer l.Close()
	f, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// run starts cmd from a thread that lasts as long as the process: the kernel kills it should the test binary die, and would
// also do so when the thread that started it ends. The channel gets how the process ended and is then closed.
func run(t testing.TB, cmd *exec.Cmd) <-chan error {
	t.Helper()
	cmd.SysProcAttr = dieWithParent()
	started, ended := make(chan error), make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer close(ended)
		err := cmd.Start()
		started <- err
		if err == nil {
			ended <- cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		t.Fatalf("pcscdtest: starting pcscd: %v", err)
	}
	return ended
}

// readPorts reads which address each slot has: lines of configured and real port.
func readPorts(t testing.TB, path string, readers int) []string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	addrs := make([]string, readers*SlotsPerReader)
	for line := range bytes.Lines(data) {
		var configured, real int
		if _, err := fmt.Sscan(string(line), &configured, &real); err != nil {
			t.Fatalf("pcscdtest: port line %q: %v", line, err)
		}
		addrs[configured-configuredPort(0)] = net.JoinHostPort("127.0.0.1", strconv.Itoa(real))
	}
	for slot, addr := range addrs {
		if addr == "" {
			t.Fatalf("pcscdtest: pcscd opened no port for slot %d", slot)
		}
	}
	return addrs
}

// lines is what pcscd prints.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// follow collects what r gives and closes found at the first line with that mark.
func (l *lines) follow(r io.ReadCloser, mark []byte, found chan<- struct{}) {
	defer r.Close()
	s := bufio.NewScanner(r)
	for s.Scan() {
		l.mu.Lock()
		l.buf.Write(s.Bytes())
		l.buf.WriteByte('\n')
		l.mu.Unlock()
		if found != nil && bytes.Contains(s.Bytes(), mark) {
			close(found)
			found = nil
		}
	}
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
