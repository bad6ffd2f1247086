package spec_test

import (
	"testing"
	"testing/fstest"

	"github.com/openjpki/jpki/spec"
)

func TestCheckLinks(t *testing.T) {
	tests := []struct {
		name, text string
		want       string
	}{
		{"neighbour", "see [b](b.md)", ""},
		{"parent", "see [b](../README.md#top) and [c](../docs/)", ""},
		{"reference", "[b]: b.md \"title\"", ""},
		{"elsewhere", "[a](https://example.invalid/x) <mailto:a@example.invalid> [here](#part)", ""},
		{"code", "`[b](gone.md)`\n```\n[b](gone.md)\n```\n", ""},
		{"escaped", "[b](%E5%8F%B0.md)", ""},
		{"gone", "one\n[b](b.md) [c](gone.md)", "docs/a.md:2: link to gone.md leads nowhere"},
		{"gone after code", "```\n```\n![b](gone.png)", "docs/a.md:3: link to gone.png leads nowhere"},
		{"gone reference", "[b]: gone.md", "docs/a.md:1: link to gone.md leads nowhere"},
		{"out of the tree", "[b](../../b.md)", "docs/a.md:1: link to ../../b.md leads nowhere"},
		{"rooted", "[b](/docs/b.md)", "docs/a.md:1: link to /docs/b.md leads nowhere"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := spec.CheckLinks(fstest.MapFS{
				"README.md":     {},
				"docs/a.md":     {Data: []byte(tt.text)},
				"docs/b.md":     {},
				"docs/台.md":     {},
				"testdata/c.md": {Data: []byte("[b](gone.md)")},
			})
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("CheckLinks(%q) = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}
