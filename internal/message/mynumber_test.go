package message_test

import (
	"testing"

	"github.com/openjpki/jpki/internal/message"
)

// Req: R-GEN-02
func TestMayBeMyNumber(t *testing.T) {
	tests := []struct {
		text string
		want bool
	}{
		{"123456789018", true},
		{"1234 5678 9018", true},
		{"1234-5678-9018", true},
		{"１２３４５６７８９０１８", true},
		{"１２３４　５６７８　９０１８", true},
		{"番号123456789018です", true},
		{"12345678901", false},   // a resident code
		{"1234567890123", false}, // a longer number
		{"a123456789018", false}, // an identifier
		{"TEST0123456789AB", false},
		{"99201-1234567", false}, // a case
		{"架空県見本市例示町１丁目２番地３", false},
		{"みほん　はなこ", false},
		{"", false},
	}
	for _, tt := range tests {
		if got := message.MayBeMyNumber(tt.text); got != tt.want {
			t.Errorf("MayBeMyNumber(%q) = %t, want %t", tt.text, got, tt.want)
		}
	}
}
