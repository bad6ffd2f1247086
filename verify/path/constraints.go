package path

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/verify/pkix"
)

// maxComparisons bounds the work that names and constraints of one path can ask for.
const maxComparisons = 1 << 18

// constraints are the name constraints of the certificates above. Of each certificate that permits names of a form, one
// subtree must hold the name; no excluded subtree may.
//
// Spec: RFC 5280 §4.2.1.10
type constraints struct {
	permitted   [][]pkix.Subtree
	excluded    []pkix.Subtree
	comparisons int
}

func (c *constraints) add(from *pkix.Certificate) {
	if from.Permitted != nil {
		c.permitted = append(c.permitted, from.Permitted)
	}
	c.excluded = append(c.excluded, from.Excluded...)
}

// check holds all names of a certificate against the constraints.
func (c *constraints) check(of *pkix.Certificate) error {
	if c.permitted == nil && c.excluded == nil {
		return nil
	}
	for _, name := range namesOf(of) {
		if err := c.checkName(name); err != nil {
			return fmt.Errorf("name of form %d: %w", name.Choice, err)
		}
	}
	return nil
}

// namesOf collects the names that are constrained. E-mail addresses in the subject count only where there is no
// alternative name.
func namesOf(c *pkix.Certificate) []pkix.GeneralName {
	var names []pkix.GeneralName
	if !c.Subject.Empty() {
		names = append(names, pkix.GeneralName{Choice: der.DirectoryChoice, Value: string(c.Subject)})
	}
	if c.SubjectAltNames != nil {
		return append(names, c.SubjectAltNames...)
	}
	for _, email := range c.Subject.Emails() {
		names = append(names, pkix.GeneralName{Choice: der.EmailChoice, Value: email})
	}
	return names
}

func (c *constraints) checkName(name pkix.GeneralName) error {
	for _, trees := range c.permitted {
		constrained, inside, err := c.within(name, trees)
		if err != nil {
			return err
		}
		if constrained && !inside {
			return errors.New("outside the permitted subtrees")
		}
	}
	_, inside, err := c.within(name, c.excluded)
	if err == nil && inside {
		err = errors.New("inside an excluded subtree")
	}
	return err
}

// within reports whether some tree is of the name's form, and whether one of these holds the name.
func (c *constraints) within(name pkix.GeneralName, trees []pkix.Subtree) (constrained, inside bool, err error) {
	for _, tree := range trees {
		if tree.Base.Choice != name.Choice {
			continue
		}
		if c.comparisons++; c.comparisons > maxComparisons {
			return true, false, errors.New("too many names and constraints")
		}
		constrained = true
		holds, err := holds(name.Choice, tree.Base.Value, name.Value)
		if err != nil || holds {
			return true, holds, err
		}
	}
	return constrained, false, nil
}

// holds reports whether a name lies in the subtree of a base of the same form.
func holds(choice int, base, name string) (bool, error) {
	switch choice {
	case der.DirectoryChoice:
		return pkix.Name(name).Under(pkix.Name(base)), nil
	case der.EmailChoice:
		return holdsEmail(base, name)
	case der.DNSChoice:
		return holdsDNS(base, name), nil
	case der.URIChoice:
		return holdsURI(base, name)
	case der.IPChoice:
		return holdsIP(base, name)
	}
	return false, errors.New("constraints of this form are not understood")
}

// holdsEmail: the base is a mailbox, a host, or a domain that begins with a period.
func holdsEmail(base, name string) (bool, error) {
	local, host, ok := cutLast(name, "@")
	if !ok {
		return false, errors.New("malformed e-mail address")
	}
	if baseLocal, baseHost, ok := cutLast(base, "@"); ok {
		return local == baseLocal && strings.EqualFold(host, baseHost), nil
	}
	return holdsHost(base, host), nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// holdsDNS: the base is a domain; it holds itself and everything below.
func holdsDNS(base, name string) bool {
	return base == "" || strings.EqualFold(base, name) || endsWith(name, "."+strings.TrimPrefix(base, "."))
}

// holdsURI: the base is a host or a domain that begins with a period. A URI without a host that is a name cannot be judged.
func holdsURI(base, name string) (bool, error) {
	u, err := url.Parse(name)
	if err != nil || u.Hostname() == "" {
		return false, errors.New("URI without a host")
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return false, errors.New("URI whose host is an address")
	}
	return holdsHost(base, u.Hostname()), nil
}

func holdsHost(base, host string) bool {
	if strings.HasPrefix(base, ".") {
		return endsWith(host, base)
	}
	return strings.EqualFold(base, host)
}

func endsWith(name, suffix string) bool {
	return len(name) > len(suffix) && strings.EqualFold(name[len(name)-len(suffix):], suffix)
}

// holdsIP: the base is an address with its mask.
func holdsIP(base, name string) (bool, error) {
	size := len(base) / 2
	if len(base)%2 != 0 || size != 4 && size != 16 {
		return false, errors.New("malformed address range")
	}
	if len(name) != size {
		return false, nil
	}
	for i := range size {
		if name[i]&base[size+i] != base[i]&base[size+i] {
			return false, nil
		}
	}
	return true, nil
}
