package jpki_test

import (
	"os"
	"testing"

	"github.com/openjpki/jpki/spec"
)

// Every requirement, law and standard that a comment names stands in its list, and the lists are well formed.
func TestReferences(t *testing.T) {
	if _, err := spec.Load(os.DirFS(".")); err != nil {
		t.Error(err)
	}
}

// Every relative link in the documents leads to a file.
func TestLinks(t *testing.T) {
	if err := spec.CheckLinks(os.DirFS(".")); err != nil {
		t.Error(err)
	}
}
