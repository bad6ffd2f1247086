package pcsc

// protocol is a set of transmission protocols, or the one in use.
type protocol uint32

const (
	protocolUndefined protocol = 0
	protocolT0        protocol = 1
	protocolT1        protocol = 2
	protocolRaw       protocol = 4
	protocolAny       protocol = protocolT0 | protocolT1
	protocolAnyOld    protocol = 0x1000 // what programs of the first PC/SC versions ask for
)

// atrProtocols returns which of T=0 and T=1 a card offers in its ATR. A card that names none speaks T=0; a card in specific
// mode (TA2 present) speaks the one it names there. An ATR that breaks off counts as far as it goes.
//
// Spec: ISO/IEC 7816-3:2006 §8.2.3
func atrProtocols(atr []byte) protocol {
	if len(atr) < 2 {
		return protocolUndefined
	}
	offered := protocolUndefined
	indicator, rest := atr[1]>>4, atr[2:]
	for i := 1; indicator != 0; i++ {
		ta, td, after := interfaceBytes(indicator, rest)
		if i == 2 && ta != nil {
			return protocolOf(*ta)
		}
		if td == nil {
			break
		}
		offered |= protocolOf(*td)
		indicator, rest = *td>>4, after
	}
	if offered == protocolUndefined {
		return protocolT0
	}
	return offered
}

// interfaceBytes takes one group TA, TB, TC, TD off b, each present if its bit of the indicator is set.
func interfaceBytes(indicator byte, b []byte) (ta, td *byte, rest []byte) {
	for bit := range 4 {
		if indicator&(1<<bit) == 0 {
			continue
		}
		if len(b) == 0 {
			return ta, nil, nil
		}
		switch bit {
		case 0:
			ta = &b[0]
		case 3:
			td = &b[0]
		}
		b = b[1:]
	}
	return ta, td, b
}

// protocolOf reads the protocol T in the low half of a TA2 or TD byte. Protocols other than T=0 and T=1, such as the global
// parameters T=15, are not for exchanging APDUs.
func protocolOf(b byte) protocol {
	switch b & 0x0F {
	case 0:
		return protocolT0
	case 1:
		return protocolT1
	default:
		return protocolUndefined
	}
}

// choose picks the protocol for a program that accepts those in preferred and a card that offers those in offered:
// T=1 before T=0, as pcscd does.
func choose(preferred, offered protocol) protocol {
	switch both := preferred & offered; {
	case both&protocolT1 != 0:
		return protocolT1
	case both&protocolT0 != 0:
		return protocolT0
	default:
		return protocolUndefined
	}
}
