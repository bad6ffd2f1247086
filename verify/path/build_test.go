package path_test

import (
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/verify/path"
	"github.com/openjpki/jpki/verify/pkix"
	"github.com/openjpki/jpki/verify/verifytest"
)

// The generations of a CA have one name: the key identifier tells which one issued a certificate.
func TestBuildTellsGenerations(t *testing.T) {
	first, second := verifytest.NewCA(t, jpki.SigningCA, 1), verifytest.NewCA(t, jpki.SigningCA, 2)
	target := parse(t, second.Issue(t, 0x80, verifytest.Mihon).DER)
	anchors := parseAll(t, first.DER, second.DER)
	var proposed []*pkix.Certificate
	for p := range path.Build(target, path.NewPool(anchors...), path.Pool{}) {
		proposed = append(proposed, p.Anchor)
		if err := path.Validate(p, path.Rules{At: verifytest.Now}).Err(); err != nil {
			t.Errorf("Validate = %v, want a valid path", err)
		}
	}
	if len(proposed) != 1 || proposed[0] != anchors[1] {
		t.Errorf("%d paths proposed, want the one to the second generation", len(proposed))
	}
	for p := range path.Build(target, path.NewPool(anchors[0]), path.Pool{}) {
		t.Errorf("path %v proposed to the first generation alone, want none", p)
	}
}

// An issuer with another key identifier is proposed if its key made the signature all the same.
func TestBuildTriesKeys(t *testing.T) {
	ca := verifytest.NewCA(t, jpki.SigningCA, 1)
	other := func(c *jpki.Certificate) {
		for i, e := range c.Extensions {
			if _, ok := e.Value.(jpki.AuthorityKeyID); ok {
				c.Extensions[i].Value = jpki.AuthorityKeyID{KeyID: "another"}
			}
		}
	}
	target := parse(t, ca.Issue(t, 0x80, verifytest.Mihon, other).DER)
	if !valid(target, path.NewPool(parse(t, ca.DER)), path.Pool{}, path.Rules{At: verifytest.Now}) {
		t.Error("no valid path, want one by the key")
	}
}

// Many certificates of one name with keys that fit nothing: the search ends.
func TestBuildIsBounded(t *testing.T) {
	var others []*pkix.Certificate
	for i := range 200 {
		others = append(others, parse(t, verifytest.NewCA(t, jpki.SigningCA, jpki.Serial(i+1)).DER))
	}
	target := parse(t, verifytest.NewCA(t, jpki.SigningCA, 999).Issue(t, 0x80, verifytest.Mihon).DER)
	for _, anchors := range []path.Pool{{}, path.NewPool(others...)} {
		proposals := 0
		for range path.Build(target, anchors, path.NewPool(others...)) {
			proposals++
		}
		if proposals > path.MaxProposals {
			t.Errorf("%d paths proposed, want at most %d", proposals, path.MaxProposals)
		}
	}
}

func TestPathIssuers(t *testing.T) {
	ca := verifytest.NewCA(t, jpki.SigningCA, 1)
	target := parse(t, ca.Issue(t, 0x80, verifytest.Mihon).DER)
	for p := range path.Build(target, path.NewPool(parse(t, ca.DER)), path.Pool{}) {
		if p.Target() != target || p.Issuer(0) != p.Anchor || !p.IssuerKey(0).Equal(p.Anchor.Key) || p.Anchor.Key.Equal(target.Key) {
			t.Errorf("path %v does not lead from its anchor to the target", p)
		}
		return
	}
	t.Error("no path proposed")
}

func TestValidity(t *testing.T) {
	ca := verifytest.NewCA(t, jpki.SigningCA, 1)
	target := parse(t, ca.Issue(t, 0x80, verifytest.Mihon).DER)
	p := path.Path{Anchor: parse(t, ca.DER), Certificates: []*pkix.Certificate{target}}
	tests := []struct {
		name string
		at   time.Time
		want error
	}{
		{"first second", target.NotBefore, nil},
		{"before it", target.NotBefore.Add(-time.Nanosecond), path.ErrNotYetValid},
		{"last second", target.NotAfter, nil},
		{"within it", target.NotAfter.Add(time.Second - 1), nil},
		{"after it", target.NotAfter.Add(time.Second), path.ErrExpired},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, f := range path.Validate(p, path.Rules{At: tt.at}).Findings {
				if f.Rule == path.Validity && f.Err != tt.want {
					t.Errorf("validity at %v = %v, want %v", tt.at, f.Err, tt.want)
				}
			}
		})
	}
}
