package softcard

import (
	"encoding/binary"
	"slices"

	"github.com/openjpki/jpki/apdu"
)

// aid names the JPKI application.
const aid = "\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01"

// kind says what an elementary file is.
type kind int

const (
	none kind = iota
	certificate
	caCertificate
	tokenInformation
	availability
	permitInformation
	proof
	pinObject
	activeKey
	pendingKey
)

// ef is an elementary file. The zero value is no file.
type ef struct {
	id      uint16
	kind    kind
	purpose purpose
}

// lookupFile returns the file with an identifier; package documentation lists them.
func lookupFile(id uint16) (ef, bool) {
	f := ef{id: id}
	switch id {
	case 0x0001, 0x000A:
		f.kind = certificate
	case 0x0002, 0x000B:
		f.kind = caCertificate
	case 0x0006:
		f.kind = tokenInformation
	case 0x0008:
		f.kind = availability
	case 0x0017, 0x001A:
		f.kind = activeKey
	case 0x0018, 0x001B:
		f.kind = pinObject
	case 0x00F1:
		f.kind = permitInformation
	case 0x00F2, 0x00F3:
		f.kind = proof
	case 0x00F7, 0x00FA:
		f.kind = pendingKey
	default:
		return ef{}, false
	}
	switch id {
	case 0x000A, 0x000B, 0x0017, 0x0018, 0x00F3, 0x00F7:
		f.purpose = authentication
	}
	return f, true
}

// reference finds the PIN or key that P2 means: 80 is the current file, 80 + a
// short file identifier is that file, which becomes the current one.
func (c *Card) reference(p2 byte, want ...kind) (ef, error) {
	f := c.session.ef
	if p2 != 0x80 {
		named, ok := lookupFile(uint16(p2 & 0x1F))
		if p2&0xE0 != 0x80 || !ok || !slices.Contains(want, named.kind) {
			return ef{}, apdu.WrongParameters
		}
		f = named
	}
	switch {
	case f.kind == none:
		return ef{}, apdu.NoCurrentFile
	case !slices.Contains(want, f.kind):
		return ef{}, apdu.IncompatibleFile
	}
	c.session.ef = f
	return f, nil
}

// selectFile is SELECT: the application by its name, or a file of it.
//
// Spec: ISO/IEC 7816-4:2020 §11
func (c *Card) selectFile(cmd apdu.Command) ([]byte, error) {
	switch {
	case len(cmd.Data) == 0 && cmd.P1 == 0 && cmd.P2 == 0 && c.session.selected:
		return nil, nil // the real card says yes and stays where it is
	case len(cmd.Data) == 0, cmd.P2 != 0x00 && cmd.P2 != 0x0C:
		return nil, apdu.WrongParameters
	case cmd.P1 == 0x00:
		return nil, apdu.FileNotFound // there is no master file to be seen
	case cmd.P1 == 0x02:
		return c.selectEF(cmd)
	case cmd.P1 == 0x04:
		return c.selectApplication(cmd)
	}
	return nil, apdu.WrongParameters
}

// selectApplication ends all security state, even if the application was selected.
func (c *Card) selectApplication(cmd apdu.Command) ([]byte, error) {
	if string(cmd.Data) != aid {
		return nil, apdu.FileNotFound
	}
	c.session = session{selected: !c.state.Terminated}
	if c.state.Terminated {
		return nil, apdu.Terminated
	}
	return controlInformation(cmd, 0x84, []byte(aid)), nil
}

func (c *Card) selectEF(cmd apdu.Command) ([]byte, error) {
	if len(cmd.Data) != 2 {
		return nil, apdu.WrongLength
	}
	f, ok := lookupFile(binary.BigEndian.Uint16(cmd.Data))
	if !ok || !c.session.selected {
		return nil, apdu.FileNotFound
	}
	c.session.ef = f
	return controlInformation(cmd, 0x83, cmd.Data), nil
}

// controlInformation is the answer to a SELECT that asks for file control
// information (P2 = 00 with an Le field): the name of what is selected.
func controlInformation(cmd apdu.Command, tag byte, name []byte) []byte {
	if cmd.P2 != 0x00 {
		return nil
	}
	inner := append([]byte{tag, byte(len(name))}, name...)
	fci := append([]byte{0x6F, byte(len(inner))}, inner...)
	return fci[:min(len(fci), cmd.Le)]
}

// readBinary is READ BINARY: up to Le bytes from an offset of 15 bits in the
// current file, or of 8 bits in the file of a short identifier. It returns what
// there is when the file ends sooner.
//
// Spec: ISO/IEC 7816-4:2020 §11
func (c *Card) readBinary(cmd apdu.Command) ([]byte, error) {
	if len(cmd.Data) > 0 || cmd.Le == 0 {
		return nil, apdu.WrongLength
	}
	offset := int(cmd.P1)<<8 | int(cmd.P2)
	if cmd.P1&0x80 != 0 {
		f, ok := lookupFile(uint16(cmd.P1 & 0x1F))
		switch {
		case cmd.P1&0x60 != 0:
			return nil, apdu.WrongParameters
		case !ok:
			return nil, apdu.FileNotFound
		}
		c.session.ef = f
		offset = int(cmd.P2)
	}
	content, err := c.content(c.session.ef)
	if err != nil {
		return nil, err
	}
	if offset >= len(content) {
		return nil, apdu.WrongOffset
	}
	return content[offset:min(offset+cmd.Le, len(content))], nil
}

// content returns the bytes of f, if they may be read now.
func (c *Card) content(f ef) ([]byte, error) {
	s := c.state.slot(f.purpose)
	switch f.kind {
	case none:
		return nil, apdu.NoCurrentFile
	case certificate:
		if f.purpose == signature && !c.session.verified[signature] {
			return nil, apdu.SecurityNotSatisfied
		}
		return s.Certificate, nil
	case caCertificate:
		return s.CA, nil
	case tokenInformation:
		return c.state.tokenInformation(), nil
	case availability:
		return c.state.availability(), nil
	case permitInformation:
		return c.state.Permit.information(), nil
	case proof:
		return s.Proof, nil
	}
	return nil, apdu.IncompatibleFile
}
