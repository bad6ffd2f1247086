package verify_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/openjpki/jpki/verify"
	"github.com/openjpki/jpki/verify/verifytest"
)

// Whoever compares the certificate with a form finds it in the report, and not in its JSON.
func TestReportHoldsCertificate(t *testing.T) {
	s := newScene(t)
	v := newVerifier(t, s.config(t))
	for name, got := range map[string]verify.Report{"signature": judge(t, v, s.p7s, document), "certificate": v.Certificate(s.sign.DER)} {
		if !bytes.Equal(got.Signatures[0].Certificate, s.sign.DER) {
			t.Errorf("certificate of the %s = %X, want that of the signer", name, got.Signatures[0].Certificate)
		}
	}
	if lost := judge(t, v, exchange(t, s.p7s, s.ca.DER), document); lost.Signatures[0].Certificate != nil {
		t.Errorf("certificate = %X, want none", lost.Signatures[0].Certificate)
	}
}

// The shape of the report in JSON is a contract.
func TestReportJSON(t *testing.T) {
	s := newScene(t)
	text, err := json.Marshal(judge(t, newVerifier(t, s.config(t, verifytest.Revoke(serial, now, 3))), s.p7s, document))
	if err != nil {
		t.Fatal(err)
	}
	var report map[string]any
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	keys := func(object any, want ...string) map[string]any {
		t.Helper()
		got := map[string]bool{}
		for key := range object.(map[string]any) {
			got[key] = true
		}
		expected := map[string]bool{}
		for _, key := range want {
			expected[key] = true
		}
		if diff := cmp.Diff(expected, got); diff != "" {
			t.Errorf("keys differ: %s", diff)
		}
		return object.(map[string]any)
	}
	keys(report, "indication", "subIndication", "time", "policy", "signatures")
	if report["indication"] != "TOTAL-FAILED" || report["subIndication"] != "REVOKED" || report["time"] != "2026-06-01T03:00:00Z" || report["policy"] != "jpki" {
		t.Errorf("report = %s", text)
	}
	signature := keys(report["signatures"].([]any)[0], "signer", "indication", "subIndication", "checks")
	if signer := signature["signer"].(string); !strings.HasPrefix(signer, "serial 067C6A80, issuer key ") {
		t.Errorf("signer = %q", signer)
	}
	var walk func(checks any)
	walk = func(checks any) {
		for _, c := range checks.([]any) {
			walk(keys(c, "id", "clause", "outcome", "evidence", "cure", "checks")["checks"])
		}
	}
	walk(signature["checks"])
}
