package revocation

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/internal/message"
	"golang.org/x/crypto/cryptobyte"
)

// Partition is what one series of lists is for: the certificates that one key signed and that name one distribution
// point. It lasts as long as the key, even if the municipality is merged into another.
type Partition struct {
	Issuer message.IssuerID
	Point  string // DER of the directory name of the distribution point; "" for certificates on no list
}

// PartitionOf returns the partition of a certificate.
func PartitionOf(c *jpki.Certificate) (Partition, error) {
	id := c.IssuerKeyID()
	if c.Kind.IsCA() {
		id = c.KeyID()
	}
	p := Partition{Issuer: message.IssuerID(id.String())}
	point := c.DistributionPoint()
	if point == nil {
		return p, nil
	}
	var b cryptobyte.Builder
	b.AddValue(point)
	encoded, err := b.Bytes()
	p.Point = string(encoded)
	return p, err
}

// ID names the partition among those of its issuer, in addresses and file names: 32 hexadecimal digits, from the SHA-256
// of the point. Whoever has a certificate can compute it.
func (p Partition) ID() string {
	sum := sha256.Sum256([]byte(p.Point))
	return hex.EncodeToString(sum[:16])
}

// Name returns the distribution point.
func (p Partition) Name() (der.Name, error) {
	s := cryptobyte.String(p.Point)
	name, err := der.ReadName(&s)
	if err != nil || !s.Empty() {
		return nil, fmt.Errorf("reading distribution point %s: not a name (%w)", p.ID(), err)
	}
	return name, nil
}
