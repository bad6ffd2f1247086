package pcsc

import "io"

// RewriteRequest reads one request and returns the bytes it stands for.
func RewriteRequest(r io.Reader) ([]byte, error) {
	q, err := readRequest(r)
	if err != nil {
		return nil, err
	}
	return q.bytes(), nil
}

// ATRProtocols returns the protocols an ATR offers: bit 0 for T=0, bit 1 for T=1.
func ATRProtocols(atr []byte) uint32 { return uint32(atrProtocols(atr)) }
