package counter

import (
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
)

// Occasion is why somebody applies. It decides on the fee.
type Occasion string

// The occasions.
const (
	First        Occasion = "first"        // 初回
	Renewal      Occasion = "renewal"      // 更新
	Reissue      Occasion = "reissue"      // 再発行: after a loss, a revocation, a change of name or address
	Merger       Occasion = "merger"       // 市町村合併
	Notation     Occasion = "notation"     // 住所表記の変更
	Correction   Occasion = "correction"   // 記録誤り: the certificate before was wrong
	Substitution Occasion = "substitution" // 代替文字の変更
)

// Form is the application form 電子証明書発行申請書 as it was handed in.
//
// Req: R-ISS-02, R-ISS-04, R-CHR-03
type Form struct {
	Attributes message.Attributes // as the applicant wrote them, with the characters of the register
	Reading    string             // ふりがな; the form of May 2003 has none
	// Substitutes says that substitute characters are used 代替文字の有無, and which; nil if none are.
	Substitutes *Spelling
	Kinds       []jpki.Kind // what is applied for: Authentication, Signing
	Occasion    Occasion
	// Before is the case whose certificate was wrong, or whose substitute characters are to be others. Correction and
	// Substitution name one; nothing else does.
	Before  string
	CardEnd time.Time // last second of the card's own validity, 23:59:59 in Japan
}

// Spelling is name and address as the certificate will spell them, with a mark for each substitute character, as in
// jpki.Person.
type Spelling struct {
	Name, NameMarks       string
	Address, AddressMarks string
}

// Characters tells of one character whether it can stand in a certificate and, if not, which may stand for it
// 代替文字リスト.
//
// Req: R-CHR-01, R-CHR-05
type Characters func(c rune) (encodable bool, substitutes []rune)

// allCharacters is the character set of an office without a list: every character can be encoded, and what the form marks
// as a substitute is taken as it stands.
func allCharacters(rune) (bool, []rune) { return true, nil }

// minimumAge of the holder of a signing certificate, in years.
const minimumAge = 15

// maxText is the greatest length of what a clerk types beside the attributes, in bytes.
const maxText = 200

// typed reports whether a text beside the attributes may be taken as a clerk typed it.
//
// Req: R-GEN-02
func typed(text string) bool {
	return utf8.ValidString(text) && len(text) <= maxText && !message.MayBeMyNumber(text)
}

// check says what is wrong with a form, naming the field only.
func (f Form) check(s *Service, now time.Time) error {
	invalid := func(field Field) error { return fault.New(fault.Invalid, "counter.form_invalid", field) }
	if err := f.Attributes.Validate(); err != nil {
		return fault.Wrap(err, fault.Invalid, "counter.form_invalid", FieldAttributes)
	}
	corrects := f.Occasion == Correction || f.Occasion == Substitution
	switch {
	case !typed(f.Reading):
		return invalid(FieldReading)
	case len(f.kinds()) == 0 || len(f.kinds()) != len(f.Kinds) || !s.issued(f.Kinds):
		return invalid(FieldKinds)
	case !slices.Contains(occasions, f.Occasion):
		return invalid(FieldOccasion)
	case corrects != (f.Before != ""):
		return invalid(FieldBefore)
	case !f.CardEnd.After(now) || !endsDay(f.CardEnd):
		return invalid(FieldCardEnd)
	case slices.Contains(f.Kinds, jpki.Signing) && f.Attributes.Birth.Age(now) < minimumAge:
		return fault.New(fault.Invalid, "counter.too_young", minimumAge)
	}
	return f.checkSpelling(s)
}

// endsDay reports whether an instant is the last second of a day in Japan, as every end of validity is.
func endsDay(t time.Time) bool {
	hour, minute, second := t.In(jpki.Japan).Clock()
	return hour == 23 && minute == 59 && second == 59
}

var occasions = []Occasion{First, Renewal, Reissue, Merger, Notation, Correction, Substitution}

// issued reports whether the CA issues certificates of all kinds.
func (s *Service) issued(kinds []jpki.Kind) bool {
	return !slices.ContainsFunc(kinds, func(k jpki.Kind) bool { return !slices.Contains(s.Kinds, k) })
}

// kinds returns the kinds that are applied for, authentication first, each once.
func (f Form) kinds() []jpki.Kind {
	var kinds []jpki.Kind
	for _, p := range pairs {
		if slices.Contains(f.Kinds, p.kind) {
			kinds = append(kinds, p.kind)
		}
	}
	return kinds
}

// person returns the attributes as the certificate will spell them.
func (f Form) person(registered message.Attributes) jpki.Person {
	p := jpki.Person{
		Name: registered.Name, NameMarks: jpki.NoMarks(registered.Name), Birth: registered.Birth, Sex: registered.Sex,
		Address: registered.Address, AddressMarks: jpki.NoMarks(registered.Address),
	}
	if s := f.Substitutes; s != nil {
		p.Name, p.NameMarks, p.Address, p.AddressMarks = s.Name, s.NameMarks, s.Address, s.AddressMarks
	}
	return p
}

// checkSpelling compares the certificate's spelling with the form's, character by character: where there is no mark they
// are the same, and where there is one the substitute is on the list.
//
// Assumed: one character stands for one.
//
// Req: R-CHR-02, R-CHR-05
func (f Form) checkSpelling(s *Service) error {
	p := f.person(f.Attributes)
	if err := p.Validate(); err != nil || message.MayBeMyNumber(p.Name) || message.MayBeMyNumber(p.Address) {
		return fault.Wrap(err, fault.Invalid, "counter.form_invalid", FieldSubstitutes)
	}
	for _, text := range []struct {
		field                  Field
		written, chosen, marks string
	}{{FieldName, f.Attributes.Name, p.Name, p.NameMarks}, {FieldAddress, f.Attributes.Address, p.Address, p.AddressMarks}} {
		written, chosen := []rune(text.written), []rune(text.chosen)
		if len(written) != len(chosen) {
			return fault.New(fault.Invalid, "counter.substitute_length", text.field)
		}
		for i, c := range written {
			if err := s.checkCharacter(text.field, c, chosen[i], text.marks[i] == '1'); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) checkCharacter(field Field, written, chosen rune, marked bool) error {
	encodable, substitutes := s.Characters(written)
	switch {
	case !marked && chosen != written:
		return fault.New(fault.Invalid, "counter.substitute_unmarked", field)
	case !marked && !encodable && len(substitutes) > 0:
		return fault.New(fault.Invalid, "counter.substitute_missing", field)
	case marked && s.listed && (encodable || !slices.Contains(substitutes, chosen)):
		return fault.New(fault.Invalid, "counter.substitute_unlisted", field)
	}
	return nil
}

// lacks returns the fields with a character that can neither be encoded nor replaced.
func (s *Service) lacks(a message.Attributes) []Field {
	var fields []Field
	for _, text := range []struct {
		field Field
		value string
	}{{FieldName, a.Name}, {FieldAddress, a.Address}} {
		lacking := func(c rune) bool {
			encodable, substitutes := s.Characters(c)
			return !encodable && len(substitutes) == 0
		}
		if slices.ContainsFunc([]rune(text.value), lacking) {
			fields = append(fields, text.field)
		}
	}
	return fields
}

// Document is how an applicant proved who he is.
//
// Req: R-ISS-10, R-ISS-11
type Document string

// The documents. The last is no document but the way that the mayor finds fit 市町村長が適当と認める方法.
const (
	DrivingLicence Document = "driving_licence"
	Passport       Document = "passport"
	ResidentCard   Document = "resident_card"
	MyNumberCard   Document = "my_number_card"
	OtherPhoto     Document = "other_photo"
	MayorsMethod   Document = "mayors_method"
)

var documents = []Document{DrivingLicence, Passport, ResidentCard, MyNumberCard, OtherPhoto, MayorsMethod}

// Identity is what a clerk found in the identity check 本人確認.
type Identity struct {
	Document Document
	Name     string // of another photo document, or of the mayor's method
	Agrees   bool   // name and address on it are those of the form
	Looks    bool   // the photo is the applicant's; not asked of the mayor's method
}

// check says what is wrong with the record of an identity check.
func (i Identity) check() error {
	named := i.Document == OtherPhoto || i.Document == MayorsMethod
	switch {
	case !slices.Contains(documents, i.Document):
		return fault.New(fault.Invalid, "counter.identity_invalid", FieldDocument)
	case named != (i.Name != "") || !typed(i.Name):
		return fault.New(fault.Invalid, "counter.identity_invalid", FieldMethod)
	}
	return nil
}

// proves reports whether the applicant is the person of the form.
func (i Identity) proves() bool { return i.Agrees && (i.Looks || i.Document == MayorsMethod) }

var reception = regexp.MustCompile(`^[A-Za-z0-9]{1,24}$`)

// validNumber reports whether a text is a reception number.
//
// Req: R-GEN-02
func validNumber(text string) bool {
	return reception.MatchString(text) && !message.MayBeMyNumber(text)
}
