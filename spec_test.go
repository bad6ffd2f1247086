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

// What a comment cites is built at least in part: the index may not say otherwise.
func TestIndexKnowsWhatIsBuilt(t *testing.T) {
	tree, err := spec.Load(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	unbuilt := map[string]bool{}
	for _, text := range tree.Texts {
		unbuilt[text.Name] = text.Status == "no"
	}
	for _, ref := range tree.References {
		for _, item := range ref.Items {
			if unbuilt[item] {
				t.Errorf("%s:%d cites %s, of which spec/index.txt says that nothing is built", ref.File, ref.Line, item)
			}
		}
	}
}

// Every relative link in the documents leads to a file.
func TestLinks(t *testing.T) {
	if err := spec.CheckLinks(os.DirFS(".")); err != nil {
		t.Error(err)
	}
}
