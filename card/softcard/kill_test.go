package softcard_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/openjpki/jpki/apdu"
	"github.com/openjpki/jpki/card/cardtest"
	"github.com/openjpki/jpki/card/softcard"
)

// TestKilled kills a process that tries wrong PINs, again and again at another
// point: the tries answered are never more than the card counted.
func TestKilled(t *testing.T) {
	chip := cardtest.New(t)
	if err := chip.Card.Close(); err != nil {
		t.Fatal(err)
	}
	const all = 5
	answered := 0
	for after := 1; ; after++ {
		child := newChild(t, chip.Path)
		child.start()
		for range after {
			if line := child.line(); strings.HasPrefix(line, "answer 63C") {
				answered++
			}
		}
		answered += child.kill()
		chip.Open(t, softcard.Options{})
		left := readFile(t, chip.Path).Signature.PIN.Tries
		if err := chip.Card.Close(); err != nil {
			t.Fatal(err)
		}
		if answered > all-left {
			t.Fatalf("%d wrong PINs answered, but %d tries left of %d", answered, left, all)
		}
		if left == 0 {
			break
		}
	}
	chip.Open(t, softcard.Options{})
	r := newRig(t, chip)
	selected(r)
	r.want(verifySignature+"414243313233", apdu.ReferenceDataNotUsable)
}

// child is this test binary, trying wrong PINs on the card at path.
type child struct {
	*testing.T
	cmd *exec.Cmd
	out *bufio.Scanner
}

const childCard = "SOFTCARD_TEST_CARD" // names the card in the child's environment

func newChild(t *testing.T, path string) *child {
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), childCard+"="+path)
	return &child{T: t, cmd: cmd}
}

func (c *child) start() {
	c.Helper()
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		c.Fatal(err)
	}
	c.out = bufio.NewScanner(out)
	if err := c.cmd.Start(); err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() { c.kill() })
}

// line returns the next line, "" at the end.
func (c *child) line() string {
	c.out.Scan()
	return c.out.Text()
}

// kill kills the child and counts the answers it still wrote.
func (c *child) kill() int {
	c.cmd.Process.Kill() // fails if it has ended, which is fine
	answers := 0
	for c.out.Scan() {
		if strings.HasPrefix(c.out.Text(), "answer 63C") {
			answers++
		}
	}
	c.cmd.Wait() // "signal: killed" is what we want
	return answers
}

// TestChild is the body of a child process; by itself it does nothing.
func TestChild(t *testing.T) {
	path := os.Getenv(childCard)
	if path == "" {
		return
	}
	opened, err := softcard.Open(path, softcard.Options{})
	if errors.Is(err, softcard.ErrInUse) {
		fmt.Println("in use")
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := opened.Transmit(t.Context(), unhex(t, selectAP)); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		fmt.Println("try")
		answer, err := opened.Transmit(t.Context(), unhex(t, verifySignature+"303030303030"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("answer %X\n", answer)
	}
}
