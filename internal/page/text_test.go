package page_test

import (
	"slices"
	"testing"

	"github.com/openjpki/jpki/internal/page"
)

func TestFurigana(t *testing.T) {
	tests := []struct {
		text string
		want []page.Ruby
	}{
		{"", nil},
		{"署名", []page.Ruby{{Base: "署名"}}},
		{"｜署名《しょめい》", []page.Ruby{{"署名", "しょめい"}}},
		{"この｜署名《しょめい》と｜鍵《かぎ》。", []page.Ruby{{Base: "この"}, {"署名", "しょめい"}, {Base: "と"}, {"鍵", "かぎ"}, {Base: "。"}}},
		{"署名《しょめい》", []page.Ruby{{Base: "署名《しょめい》"}}},
	}
	for _, tt := range tests {
		if got := page.Furigana(tt.text); !slices.Equal(got, tt.want) {
			t.Errorf("Furigana(%q) = %v, want %v", tt.text, got, tt.want)
		}
	}
}
