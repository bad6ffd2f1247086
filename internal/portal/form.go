package portal

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/internal/message"
)

// Field names a field of the form. Its value is the name of an input.
type Field string

const (
	FieldName    Field = "name"
	FieldBirth   Field = "birth"
	FieldAddress Field = "address"
	FieldCopies  Field = "copies"
)

// Fields lists all, in the order of the form.
var Fields = [...]Field{FieldName, FieldBirth, FieldAddress, FieldCopies}

// Form is what an applicant writes.
type Form struct {
	Name    string // 氏名
	Birth   locale.Date
	Address string // 住所
	Copies  int    // 通数, 1 to MaxCopies
}

// Limits of the form.
const (
	MaxText   = 200 // characters of name and address
	MaxCopies = 9
)

// Check returns for each field what is wrong with it: nil, or a fault "portal.field_empty", "portal.field_long",
// "portal.field_characters", "portal.field_number", "portal.birth" or "portal.copies".
func (f Form) Check() map[Field]error {
	wrong := map[Field]error{FieldName: checkText(f.Name), FieldAddress: checkText(f.Address)}
	if !f.Birth.Valid() {
		wrong[FieldBirth] = fault.New(fault.Invalid, "portal.birth")
	}
	if f.Copies < 1 || f.Copies > MaxCopies {
		wrong[FieldCopies] = fault.New(fault.Invalid, "portal.copies", MaxCopies)
	}
	return wrong
}

func checkText(text string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return fault.New(fault.Invalid, "portal.field_empty")
	case utf8.RuneCountInString(text) > MaxText:
		return fault.New(fault.Invalid, "portal.field_long", MaxText)
	case message.MayBeMyNumber(text):
		return fault.New(fault.Invalid, "portal.field_number")
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unprintable) || strings.TrimSpace(text) != text:
		return fault.New(fault.Invalid, "portal.field_characters")
	}
	return nil
}

// unprintable are characters that a reader of the document would not see; the ideographic space stands in names.
func unprintable(r rune) bool { return r != '\u3000' && !unicode.IsPrint(r) }

// The labels of the document.
const (
	heading = "住民票の写しの交付申請書（見本）\n\n"
	labels  = "氏名：\x00\n生年月日：\x00\n住所：\x00\n通数：\x00\n"
)

// Document is the form as it is signed: a text that a person can read, in UTF-8.
func (f Form) Document() []byte {
	text := heading + labels
	for _, value := range []string{f.Name, f.Birth.String(), f.Address, strconv.Itoa(f.Copies)} {
		text = strings.Replace(text, "\x00", value, 1)
	}
	return []byte(text)
}

// ErrDocument is the error of a document that no form makes. It repeats nothing of it.
var ErrDocument = errors.New("not a document of this procedure")

// maxDocument is the size of the longest document in bytes, generously.
const maxDocument = 4 << 10

// ParseDocument is the inverse of [Form.Document]: it takes exactly what that makes of a form that is in order.
func ParseDocument(document []byte) (Form, error) {
	rest, ok := strings.CutPrefix(string(document), heading)
	if !ok || len(document) > maxDocument {
		return Form{}, ErrDocument
	}
	var f Form
	var birth, copies string
	lines, labelled := strings.Split(rest, "\n"), strings.Split(labels, "\n")
	for i, into := range []*string{&f.Name, &birth, &f.Address, &copies} {
		if i >= len(lines) {
			return Form{}, ErrDocument
		}
		*into = strings.TrimPrefix(lines[i], strings.TrimSuffix(labelled[i], "\x00"))
	}
	f.Copies, _ = strconv.Atoi(copies)
	if _, err := fmt.Sscanf(birth, "%d-%d-%d", &f.Birth.Year, &f.Birth.Month, &f.Birth.Day); err != nil {
		return Form{}, ErrDocument
	}
	for _, err := range f.Check() {
		if err != nil {
			return Form{}, ErrDocument
		}
	}
	if string(f.Document()) != string(document) {
		return Form{}, ErrDocument
	}
	return f, nil
}
