package softcard

import "github.com/openjpki/jpki/apdu"

// instruction is a command of the card. Its function returns the data of the
// answer, or a status word as error.
type instruction struct {
	class byte // without the chaining bit
	chain bool // whether command chaining is taken
	run   func(*Card, apdu.Command) ([]byte, error)
}

const insSelect = 0xA4

// lookupInstruction returns the command with an instruction byte.
func lookupInstruction(ins byte) (instruction, bool) {
	switch ins {
	case 0x20:
		return instruction{run: (*Card).verify}, true
	case 0x24:
		return instruction{run: (*Card).changePIN}, true
	case 0x2A:
		return instruction{run: (*Card).sign, class: 0x80}, true
	case 0x2C:
		return instruction{run: (*Card).resetPIN}, true
	case 0x48:
		return instruction{run: (*Card).importPrivateKey, chain: true}, true
	case 0x82:
		return instruction{run: (*Card).externalAuthenticate}, true
	case 0x84:
		return instruction{run: (*Card).getChallenge}, true
	case insSelect:
		return instruction{run: (*Card).selectFile}, true
	case 0xB0:
		return instruction{run: (*Card).readBinary}, true
	case 0xD6:
		return instruction{run: (*Card).updateBinary, chain: true}, true
	case 0xD8:
		return instruction{run: (*Card).putKey, chain: true}, true
	}
	return instruction{}, false
}

// execute runs one command as it came from the terminal. Only SELECT works
// before the application is selected.
func (c *Card) execute(command []byte) ([]byte, error) {
	previous := c.session.chain
	c.session.chain = nil
	cmd, err := apdu.Parse(command)
	if err != nil {
		return nil, apdu.WrongLength
	}
	class := cmd.CLA &^ apdu.Chained
	if class != 0x00 && class != 0x80 {
		return nil, apdu.ClassNotSupported
	}
	inst, ok := lookupInstruction(cmd.INS)
	switch {
	case !ok:
		return nil, apdu.InstructionNotSupported
	case class != inst.class:
		return nil, apdu.ClassNotSupported
	case cmd.CLA != class && !inst.chain:
		return nil, apdu.ChainingNotSupported
	case !c.session.selected && cmd.INS != insSelect:
		return nil, apdu.NoCurrentFile
	}
	cmd = join(previous, cmd)
	if inst.chain && len(cmd.Data) > maxFileSize {
		return nil, apdu.WrongLength
	}
	if cmd.CLA != class {
		c.session.chain = &cmd
		return nil, nil
	}
	return inst.run(c, cmd)
}

// join returns cmd with the data of the chain before it in front. A command that
// does not continue the chain stands alone, and the chain is forgotten.
func join(previous *apdu.Command, cmd apdu.Command) apdu.Command {
	if previous != nil && previous.INS == cmd.INS && previous.P1 == cmd.P1 && previous.P2 == cmd.P2 {
		cmd.Data = append(previous.Data, cmd.Data...)
	}
	return cmd
}
