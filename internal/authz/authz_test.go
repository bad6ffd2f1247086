package authz_test

import (
	"testing"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
)

func TestPolicyCheck(t *testing.T) {
	policy := authz.Policy{
		"ca.issue":   {authz.Counter, authz.Sandbox},
		"ca.suspend": {},
	}
	tests := []struct {
		name    string
		policy  authz.Policy
		actor   authz.Actor
		act     authz.Act
		allowed bool
	}{
		{"listed office", policy, authz.Actor{Office: authz.Counter, Operator: "op-1"}, "ca.issue", true},
		{"second listed office", policy, authz.Actor{Office: authz.Sandbox}, "ca.issue", true},
		{"other office", policy, authz.Actor{Office: authz.Kiosk}, "ca.issue", false},
		{"operator gives no right", policy, authz.Actor{Office: authz.Kiosk, Operator: "counter"}, "ca.issue", false},
		{"no actor", policy, authz.Actor{}, "ca.issue", false},
		{"act without offices", policy, authz.Actor{Office: authz.Counter}, "ca.suspend", false},
		{"unknown act", policy, authz.Actor{Office: authz.Counter}, "ca.destroy", false},
		{"no policy", nil, authz.Actor{Office: authz.Counter}, "ca.issue", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.policy.Check(tt.actor, tt.act)
			if (err == nil) != tt.allowed {
				t.Fatalf("Check(%v, %s) = %v, want allowed %v", tt.actor, tt.act, err, tt.allowed)
			}
			if err != nil && fault.KindOf(err) != fault.Denied {
				t.Errorf("Check(%v, %s) has kind %v, want denied", tt.actor, tt.act, fault.KindOf(err))
			}
		})
	}
}
