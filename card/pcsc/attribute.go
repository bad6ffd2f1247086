package pcsc

// Attributes a program may ask for: SCARD_ATTR_… in pcsc-lite's reader.h.
const (
	attrVendorName   = 0x00010100
	attrATR          = 0x00090303
	attrFriendlyName = 0x7FFF0003
	attrSystemName   = 0x7FFF0004
)

// attribute answers a question about the reader or the card of a handle.
func (s *Server) attribute(h *handle, b *getAttrBody) Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if result := h.reader.check(h); result != success {
		return result
	}
	var value []byte
	switch b.Attr {
	case attrATR:
		if h.reader.atr == nil {
			return ErrNoCard
		}
		value = h.reader.atr
	case attrVendorName:
		value = []byte("OpenJPKI\x00")
	case attrFriendlyName, attrSystemName:
		value = append([]byte(h.reader.name), 0)
	default:
		return ErrUnsupported
	}
	room := min(b.Length, maxAttr)
	b.Length = uint32(len(value))
	if b.Length > room {
		return ErrInsufficientBuffer
	}
	clear(b.Value[:])
	copy(b.Value[:], value)
	return success
}
