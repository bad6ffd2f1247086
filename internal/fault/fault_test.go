package fault_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/openjpki/jpki/internal/fault"
)

func TestKindOfAndKeyOf(t *testing.T) {
	denied := fault.New(fault.Denied, "authz.denied", "kiosk")
	tests := []struct {
		name string
		err  error
		kind fault.Kind
		key  string
	}{
		{"no error", nil, fault.Internal, ""},
		{"foreign error", io.EOF, fault.Internal, ""},
		{"fault", denied, fault.Denied, "authz.denied"},
		{"wrapped fault", fmt.Errorf("issuing: %w", denied), fault.Denied, "authz.denied"},
		{"joined fault", errors.Join(io.EOF, denied), fault.Denied, "authz.denied"},
		{"outermost fault wins", fault.Wrap(denied, fault.Unavailable, "audit.unrecorded"), fault.Unavailable, "audit.unrecorded"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := fault.KindOf(tt.err); got != tt.kind {
				t.Errorf("KindOf(%v) = %v, want %v", tt.err, got, tt.kind)
			}
			if got := fault.KeyOf(tt.err); got != tt.key {
				t.Errorf("KeyOf(%v) = %q, want %q", tt.err, got, tt.key)
			}
		})
	}
}

func TestError(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"key alone", fault.New(fault.Unavailable, "db.busy"), "db.busy"},
		{"with arguments", fault.New(fault.Conflict, "db.schema_newer", "audit", 3), "db.schema_newer(audit, 3)"},
		{"with a cause", fault.Wrap(io.ErrUnexpectedEOF, fault.Internal, "audit.broken", 7), "audit.broken(7): unexpected EOF"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.err.Error(); got != tt.want {
				t.Errorf("Error() = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestWrapKeepsTheCause(t *testing.T) {
	err := fault.Wrap(io.EOF, fault.NotFound, "db.missing")
	if !errors.Is(err, io.EOF) {
		t.Errorf("errors.Is(%v, io.EOF) = false, want true", err)
	}
}

func TestKindString(t *testing.T) {
	want := map[fault.Kind]string{
		fault.Internal: "internal", fault.Invalid: "invalid", fault.Denied: "denied",
		fault.NotFound: "not_found", fault.Conflict: "conflict", fault.Unavailable: "unavailable",
	}
	for kind, word := range want {
		if got := kind.String(); got != word {
			t.Errorf("Kind(%d).String() = %q, want %q", int(kind), got, word)
		}
	}
}
