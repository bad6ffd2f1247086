//go:build judges

package ca_test

import (
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// OpenSSL accepts the certificates of offices for both sides of a connection, and for their own hosts alone.
func TestOpenSSLVerifiesOffices(t *testing.T) {
	o := newOffice(t, nil)
	root, _ := foundOffices(t, o)
	dir := t.TempDir()
	write := func(name string, der []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	anchor, leaf := write("root.pem", root), write("leaf.pem", certified(t, o, "ca", "ca.jpki-test.invalid", "127.0.0.1", "::1").Certificate[0])
	for _, tt := range []struct {
		name    string
		options []string
		good    bool
	}{
		{"server", []string{"-purpose", "sslserver", "-verify_hostname", "ca.jpki-test.invalid"}, true},
		{"server by address", []string{"-purpose", "sslserver", "-verify_ip", "::1"}, true},
		{"client", []string{"-purpose", "sslclient"}, true},
		{"another host", []string{"-purpose", "sslserver", "-verify_hostname", "link.jpki-test.invalid"}, false},
		{"mail", []string{"-purpose", "smimesign"}, false},
	} {
		args := append([]string{"verify", "-x509_strict", "-no-CApath", "-no-CAstore", "-CAfile", anchor, "-attime", strconv.FormatInt(now.Unix(), 10)}, tt.options...)
		out, err := exec.CommandContext(t.Context(), "openssl", append(args, leaf)...).CombinedOutput()
		if (err == nil) != tt.good {
			t.Errorf("%s: openssl verify: %v, want accepted %v\n%s", tt.name, err, tt.good, out)
		}
	}
}
