// Package vpcd plugs a virtual card (仮想カード) into a real pcscd, through the vpcd driver of the vsmartcard project. To every
// PC/SC program on the machine it is then a card in a reader.
//
// The driver listens on a TCP port for each of its slots. Connecting is inserting the card, closing the connection is pulling
// it out. Each way, a message is two bytes of length, high byte first, and that many bytes:
//
//   - one byte 0, 1 or 2: power off, power on, reset. The card does not answer.
//   - one byte 4: the card answers with its ATR. pcscd asks two or three times a second whether the card is still there.
//   - anything else: a command APDU. The card answers with the response APDU.
//
// Source: vpcd.h and vpcd.c of virtualsmartcard 3.3.
//
// # Limits
//
// A slot takes one card; a second connection to its port is accepted by the kernel and ignored until the first ends. A command
// of a single byte 0, 1, 2 or 4 cannot be told from the control bytes. The driver's connection is neither encrypted nor
// authenticated: whoever reaches its port can be a card, and PINs cross it in clear, so that only loopback addresses are
// accepted unless [Config] says otherwise.
package vpcd
