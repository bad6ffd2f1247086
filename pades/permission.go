package pades

import (
	"slices"
	"strings"

	"github.com/openjpki/jpki/pdf"
)

// permissions are what the signatures of a file let later revisions do.
type permissions struct {
	level int // 1 nothing, 2 forms and signatures, 3 annotations besides, 0 nothing is said
	locks []lock
}

// lock keeps fields as they are.
type lock struct {
	all    bool
	except bool // the names are those that are not locked
	names  []string
}

func (p permissions) locked(name string) bool {
	return slices.ContainsFunc(p.locks, func(l lock) bool {
		listed := slices.ContainsFunc(l.names, func(n string) bool { return n == name || strings.HasPrefix(name, n+".") })
		return l.all || listed != l.except
	})
}

// permissionsOf reads what signatures in fields say; of several levels the strictest counts.
//
// Spec: ISO 32000-1 §12.8.2.2, §12.8.2.4
func permissionsOf(f *pdf.File, all []field) (p permissions, err error) {
	for _, field := range all {
		if field.kind != pdf.Name("Sig") || field.value == nil {
			continue
		}
		value, err := f.Dict(field.value)
		if err != nil {
			return p, err
		}
		references, err := f.Array(value["Reference"])
		if err != nil {
			return p, err
		}
		for _, o := range references {
			if err := p.add(f, o); err != nil {
				return p, err
			}
		}
	}
	return p, nil
}

func (p *permissions) add(f *pdf.File, o pdf.Object) error {
	reference, err := f.Dict(o)
	if err != nil {
		return err
	}
	parameters, err := f.Dict(reference["TransformParams"])
	if err != nil {
		return err
	}
	switch reference["TransformMethod"] {
	case pdf.Name("DocMDP"):
		level, ok := parameters["P"].(int64)
		if !ok || level < 1 || level > 3 {
			level = 2
		}
		if p.level == 0 || int(level) < p.level {
			p.level = int(level)
		}
	case pdf.Name("FieldMDP"):
		names, err := f.Array(parameters["Fields"])
		if err != nil {
			return err
		}
		l := lock{all: parameters["Action"] == pdf.Name("All"), except: parameters["Action"] == pdf.Name("Exclude")}
		for _, o := range names {
			if s, ok := o.(pdf.String); ok {
				l.names = append(l.names, s.Text())
			}
		}
		p.locks = append(p.locks, l)
	}
	return nil
}
