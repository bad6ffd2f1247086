package message

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/openjpki/jpki"
)

// Attributes are the four attributes 基本4情報 as the register spells them, never with the substitute characters of a
// certificate. Two are the same if ==.
//
// Req: R-DAT-01
type Attributes struct {
	Name    string     `json:"name"` // 氏名
	Birth   jpki.Birth `json:"birth"`
	Sex     jpki.Sex   `json:"sex"`
	Address string     `json:"address"` // 住所
}

// maxName is the greatest length of a name, in characters: what carries attributes must fit a letter.
const maxName = jpki.MaxAddress

// Validate says what is wrong with the form of the attributes, never repeating their text.
func (a Attributes) Validate() error {
	if a.Sex < '0' || a.Sex > '9' {
		return errors.New("sex is not one digit")
	}
	if birth, err := jpki.ParseBirth(a.Birth.String()); err != nil || birth != a.Birth {
		return errors.New("birth date is not one era digit and eight digits")
	}
	if MayBeMyNumber(a.Name) || MayBeMyNumber(a.Address) {
		return errors.New("name or address holds twelve digits, as a My Number has")
	}
	if utf8.RuneCountInString(a.Name) > maxName {
		return fmt.Errorf("name is longer than %d characters", maxName)
	}
	p := jpki.Person{Name: a.Name, Birth: a.Birth, Sex: a.Sex, Address: a.Address}
	if utf8.ValidString(a.Name) && utf8.ValidString(a.Address) {
		p.NameMarks, p.AddressMarks = jpki.NoMarks(a.Name), jpki.NoMarks(a.Address)
	}
	return p.Validate()
}

// Key returns one text for the four attributes, by which a store finds them: a JSON array of name, birth date, sex and
// address. Valid attributes have the same key only if they are the same.
func (a Attributes) Key() string {
	key, err := json.Marshal([4]string{a.Name, a.Birth.String(), string(rune(a.Sex)), a.Address})
	if err != nil {
		return "" // strings always marshal
	}
	return string(key)
}

// ErrKey is the error of a text that is not the key of valid attributes.
var ErrKey = errors.New("not a key of attributes")

// ParseAttributes is the inverse of [Attributes.Key]. Its error wraps [ErrKey] and repeats nothing of the text.
func ParseAttributes(key string) (Attributes, error) {
	var fields [4]string
	if err := json.Unmarshal([]byte(key), &fields); err != nil {
		return Attributes{}, ErrKey
	}
	a := Attributes{Name: fields[0], Address: fields[3]}
	err := errors.Join(a.Birth.UnmarshalText([]byte(fields[1])), a.Sex.UnmarshalText([]byte(fields[2])))
	if err != nil || a.Validate() != nil || a.Key() != key {
		return Attributes{}, ErrKey
	}
	return a, nil
}

// HolderRecord tells the link server of one certificate 証明書発行者の記録: whose it is. It stays on the CA's side of the
// register link.
//
// Req: R-SYS-17
type HolderRecord struct {
	// ID names the record; the same record sent again changes nothing. At most 64 letters, digits, "-".
	ID         string
	Attributes Attributes
	Issuer     IssuerID
	Serial     jpki.Serial
	Kind       jpki.Kind // Signing or Authentication
	IssuedAt   time.Time // NotBefore of the certificate
	NotAfter   time.Time
}

// HolderList tells the register whose certificates were recorded since the list before 証明書発行者情報. It is made once a
// day and holds no serial number. A list that is too long for one letter comes in parts, each a HolderList: Date and Part
// name it, and the same part sent again changes nothing.
//
// The lists make a chain: Since is the Through of the list before. Who has all parts of all lists up to a Through knows
// everything the link server knew then.
//
// Req: R-REG-08, R-AMB-13
type HolderList struct {
	Date    string        `json:"date"`    // the day in Japan, yyyy-mm-dd
	Since   time.Time     `json:"since"`   // the Unix epoch for the first list
	Through time.Time     `json:"through"` // when the list was due
	Part    int           `json:"part"`    // from 1 to Parts
	Parts   int           `json:"parts"`   // of the list of the day
	Count   int           `json:"count"`   // control total: how many entries this part has
	Total   int           `json:"total"`   // control total: how many entries all parts have
	Entries []HolderEntry `json:"entries"`
}

// HolderEntry stands for one certificate.
type HolderEntry struct {
	Attributes Attributes `json:"attributes"`
	IssuedAt   time.Time  `json:"issued_at"`
}

// Fact is all that a change notice says 異動事由.
//
// Req: R-DAT-12, R-AMB-11
type Fact string

// The facts.
const (
	Changed Fact = "changed" // 修正: one of the four attributes is another now
	Died    Fact = "died"    // 死亡
)

// ChangeNotice tells the link server that something happened to a holder 異動等失効情報: only the fact. Attributes are
// those that the holder list gave, which the CA's side knows already. It has no place for a new value, for what sort of
// event it was, or for the resident code.
//
// Law: 公的個人認証法 §12
// Req: R-REG-01, R-REG-02
type ChangeNotice struct {
	// ID names the notice; the same notice sent again changes nothing. It is random.
	ID         string     `json:"id"`
	Attributes Attributes `json:"attributes"`
	Fact       Fact       `json:"fact"`
	At         time.Time  `json:"at"` // when the resident record was amended
}

// Export is what the register certifies to a counter of one resident: his four attributes as they stand, without the
// resident code. Between offices that share no network it travels on a sealed medium.
//
// Req: R-ISS-08, R-SYS-12
type Export struct {
	// Case is the number of the application for which the counter asked; the answer to another is refused.
	Case         string
	Holder       Holder // made by the register with a key of its own, the same at whatever counter the resident applies
	Attributes   Attributes
	Municipality string    // code of five digits
	At           time.Time // when the record said so
}
