package line

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// maxAPDU is the greatest size of a command and of a response, in bytes: an extended command with 65,535 bytes of data, an
// extended response with 65,536.
//
// Spec: ISO/IEC 7816-4 §5.1
const maxAPDU = 4 + 3 + 65535 + 2

// What a frame is.
const (
	frameCommand  = 'C' // to the card
	frameResponse = 'R' // from the card
	frameNone     = 'N' // no answer came from the card; the lend is over
	framePing     = 'P' // to the terminal, which sends it back
)

// frame is a unit of a lent reader's connection: its kind in one byte, its length in four, the most significant first, and
// its body.
type frame struct {
	kind byte
	body []byte
}

const frameHead = 5

func writeFrame(w io.Writer, f frame) error {
	b := binary.BigEndian.AppendUint32([]byte{f.kind}, uint32(len(f.body)))
	_, err := w.Write(append(b, f.body...))
	return err
}

// readFrame reads a frame of one of the kinds that may come, each a letter of kinds. Only commands and responses have a
// body, and each of them has one.
func readFrame(r io.Reader, kinds string) (frame, error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return frame{}, err
	}
	kind, size := head[0], binary.BigEndian.Uint32(head[1:])
	mayHold := kind == frameCommand || kind == frameResponse
	if strings.IndexByte(kinds, kind) < 0 || size > maxAPDU || mayHold != (size > 0) {
		return frame{}, fmt.Errorf("frame %q of %d bytes", kind, size)
	}
	f := frame{kind: kind}
	if size > 0 {
		f.body = make([]byte, size)
	}
	_, err := io.ReadFull(r, f.body)
	return f, err
}
