package card

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/openjpki/jpki/apdu"
)

const (
	maxChunk = 256    // what a short READ BINARY returns at most
	maxFile  = 0x8000 // what an offset of 15 bits reaches
)

// readFile reads the whole of f, up to the point where the card has no more.
func (c *Card) readFile(ctx context.Context, f File) ([]byte, error) {
	if err := c.selectFile(ctx, f); err != nil {
		return nil, err
	}
	var content []byte
	for len(content) < maxFile {
		chunk, err := c.readBinary(ctx, len(content), maxChunk)
		if err != nil && !errors.Is(err, apdu.WrongOffset) {
			return nil, err
		}
		content = append(content, chunk...)
		if len(chunk) < maxChunk {
			return content, nil
		}
	}
	return nil, fmt.Errorf("%s does not end", f)
}

// readDER reads the DER object at the start of f as other clients do: its header
// of four bytes, then exactly its length. The error is ErrNoCertificate if there
// is no such object.
func (c *Card) readDER(ctx context.Context, f File) ([]byte, error) {
	if err := c.selectFile(ctx, f); err != nil {
		return nil, missing(err)
	}
	der, err := c.readBinary(ctx, 0, 4)
	if err != nil {
		return nil, missing(err)
	}
	if len(der) != 4 || der[0] != 0x30 || der[1] != 0x82 {
		return nil, fmt.Errorf("%s: %w", f, ErrNoCertificate)
	}
	size := 4 + int(binary.BigEndian.Uint16(der[2:]))
	if size > maxFile {
		return nil, fmt.Errorf("%s: object of %d bytes cannot be read", f, size)
	}
	for len(der) < size {
		chunk, err := c.readBinary(ctx, len(der), min(size-len(der), maxChunk))
		if err != nil {
			return nil, err
		}
		if len(chunk) == 0 {
			return nil, fmt.Errorf("%s: %w", f, io.ErrUnexpectedEOF)
		}
		der = append(der, chunk...)
	}
	return der, nil
}

// missing turns the answers of a card without the file, or with an empty one,
// into ErrNoCertificate.
func missing(err error) error {
	if errors.Is(err, apdu.FileNotFound) || errors.Is(err, apdu.WrongOffset) {
		return fmt.Errorf("%w: %w", ErrNoCertificate, err)
	}
	return err
}

// readBinary returns between 0 and size bytes of the current file.
func (c *Card) readBinary(ctx context.Context, offset, size int) ([]byte, error) {
	chunk, err := c.send(ctx, apdu.Command{INS: 0xB0, P1: byte(offset >> 8), P2: byte(offset), Le: size})
	if err != nil {
		return nil, fmt.Errorf("reading at %d: %w", offset, err)
	}
	if len(chunk) > size {
		return nil, fmt.Errorf("reading at %d: card sent %d bytes for %d", offset, len(chunk), size)
	}
	return chunk, nil
}
