package check

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/openjpki/jpki"
)

// term is how long a certificate of a holder was in force: from, until before to. Times are Unix seconds.
type term struct {
	holder    fingerprint
	kind      jpki.Kind
	from, to  int64
	authority int32
	serial    jpki.Serial
}

// hold notes the term of a holder's certificate. One that is recorded and not signed yet counts as in force.
func (x *examiner) hold(i Issue, authority int) {
	if i.Holder == "" {
		return
	}
	t := term{fingerprintOf(string(i.Holder)), i.Kind, i.NotBefore.Unix(), i.NotAfter.Unix() + 1, int32(authority), i.Serial}
	if !i.Ended.IsZero() {
		t.to = min(t.to, i.Ended.Unix())
	}
	x.terms = append(x.terms, t)
}

// sweep goes through the terms of each holder and kind in the order of their beginning and finds those that begin before
// another has ended.
//
// Law: 公的個人認証法 §6
func (x *examiner) sweep() error {
	slices.SortFunc(x.terms, func(a, b term) int {
		return cmp.Or(bytes.Compare(a.holder[:], b.holder[:]), cmp.Compare(a.kind, b.kind), cmp.Compare(a.from, b.from), cmp.Compare(a.serial, b.serial))
	})
	var last term // of those before, the one that ends last
	for _, t := range x.terms {
		same := last.holder == t.holder && last.kind == t.kind
		if same && t.from < last.to && t.from < t.to {
			x.find("holder.two", x.nameOf(t), "its holder had certificate "+x.nameOf(last)+" of the same kind in force")
		}
		if !same || t.to > last.to {
			last = t
		}
	}
	x.terms = nil
	return nil
}

func (x *examiner) nameOf(t term) string { return identify(x.authorities[t.authority].id, t.serial) }
