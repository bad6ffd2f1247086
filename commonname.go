package jpki

import (
	"fmt"
	"io"
	"time"
)

// Japan is the zone of Japanese law: UTC+9 without summer time since 1951. It needs no zone database.
var Japan = time.FixedZone("JST", 9*60*60)

// SigningCN returns the 28 characters that name the holder of a signing certificate: the instant of issue in Japan
// (yyyymmddhhmmss), five digits of a sequence, the municipality's code and a tail.
//
// Assumed: the five digits count issues, and the tail, whose meaning is not public, is the one seen on a real card.
func SigningCN(issued time.Time, sequence Serial, m Municipality) string {
	return issued.In(Japan).Format("20060102150405") + fmt.Sprintf("%05d", uint64(sequence)%100000) + m.Code + "018B"
}

// AuthenticationCN returns the 23 characters that name the holder of an authentication certificate: 14 random capital
// letters and digits, which say nothing of the person, the municipality's code and a tail.
//
// Assumed: the meaning of the tail is not public; it is the one seen on a real card.
func AuthenticationCN(random io.Reader, m Municipality) (string, error) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	name := make([]byte, 0, 14)
	for octet := make([]byte, 1); len(name) < cap(name); {
		if _, err := io.ReadFull(random, octet); err != nil {
			return "", fmt.Errorf("choosing a common name: %w", err)
		}
		if limit := 256 / len(alphabet) * len(alphabet); int(octet[0]) < limit {
			name = append(name, alphabet[int(octet[0])%len(alphabet)])
		}
	}
	return string(name) + m.Code + "003A", nil
}
