package counter

// Field names a part of a form, of an identity check or of a certificate, for those who read what is wrong. It never
// comes with the value.
type Field string

// The fields.
const (
	FieldNumber       Field = "number" // reception number
	FieldAttributes   Field = "attributes"
	FieldName         Field = "name"
	FieldBirth        Field = "birth"
	FieldSex          Field = "sex"
	FieldAddress      Field = "address"
	FieldMunicipality Field = "municipality"
	FieldReading      Field = "reading"
	FieldSubstitutes  Field = "substitutes"
	FieldKinds        Field = "kinds"
	FieldOccasion     Field = "occasion"
	FieldBefore       Field = "before"
	FieldCardEnd      Field = "card_end"
	FieldDocument     Field = "document"
	FieldMethod       Field = "method"
	FieldHolder       Field = "holder"
	FieldCase         Field = "case"
	FieldKind         Field = "kind"
	FieldIssuer       Field = "issuer"
	FieldSerial       Field = "serial"
	FieldValidity     Field = "validity"
	FieldKey          Field = "key"
	FieldGround       Field = "ground"
	FieldSince        Field = "since"
)

// TextKey returns the key of the field's name in package locale.
func (f Field) TextKey() string { return "counter.field_" + string(f) }

// TextKey returns the key of the state's name in package locale.
func (s State) TextKey() string { return "counter.state_" + string(s) }

// TextKey returns the key of the event's name in package locale.
func (e Event) TextKey() string { return "counter.event_" + string(e) }
