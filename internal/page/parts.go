package page

// Field is a labelled input: label, 必須 or 任意, support text, error text, input.
type Field struct {
	Name  string // of the input; also the place that a link to it leads to
	Label Text
	Hint  Text // support text; may be nil
	// Type is that of an input element, or "textarea". Default: "text".
	Type         string
	Value        string // never written for a password
	Optional     bool
	Autocomplete string // "name", "bday", "one-time-code", …: WCAG 2.2 §1.3.5
	InputMode    string // "numeric" brings digits on touch screens
	MaxLength    int    // in UTF-16 units; 0 is no limit
	Multiple     bool   // of a file: any number may be chosen
	Error        error  // why the value was not accepted: Why and Next of its explanation are shown
}

// Choices are radio buttons, or checkboxes if several may be chosen.
type Choices struct {
	Name     string
	Label    Text
	Hint     Text // may be nil
	Several  bool
	Optional bool
	Options  []Option
	Error    error
}

// Option is one of several to choose.
type Option struct {
	Value  string
	Label  Text
	Hint   Text // may be nil
	Chosen bool
}

// Select is a drop-down list (セレクトボックス) of which one entry is chosen.
type Select struct {
	Name     string
	Label    Text
	Hint     Text // may be nil
	Optional bool
	Options  []Option // their hints are not shown
	Error    error
}

// Steps show how far a procedure is (ステップナビゲーション).
type Steps struct {
	Labels  []Text
	Current int // the index of the step under way; len(Labels) when all are done
}

// Row is a line of a description list (説明リスト).
type Row struct {
	Term  Text
	Value any // shown as locale.Show does
}

// Link leads to another page.
type Link struct {
	Label   Text
	URL     string
	Current bool // the visitor is there
	Act     bool // a button that posts to the URL, since it changes something
}

// Slot is a place of the tray: in hand, in the reader, in the kiosk.
type Slot struct {
	Place   Text
	Content Text  // nil: empty
	Move    *Link // an act that brings the content here; may be nil
}

// Problem is an input that has to be corrected.
type Problem struct {
	Name  string
	Label Text
	Error error
}

// Problem returns what is wrong, with a nil Error if nothing is.
func (f Field) Problem() Problem { return Problem{f.Name, f.Label, f.Error} }

// Problem returns what is wrong, with a nil Error if nothing is.
func (c Choices) Problem() Problem { return Problem{c.Name, c.Label, c.Error} }

// Problem returns what is wrong, with a nil Error if nothing is.
func (s Select) Problem() Problem { return Problem{s.Name, s.Label, s.Error} }

// problems are those of the inputs that have to be corrected.
func problems(inputs ...interface{ Problem() Problem }) []Problem {
	var all []Problem
	for _, input := range inputs {
		if p := input.Problem(); p.Error != nil {
			all = append(all, p)
		}
	}
	return all
}
