package ca

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office"
)

const (
	articleOfDoubleIssue = "公的個人認証法第6条"
	articleOfMistake     = "公的個人認証法第13条"
)

// endByOrder ends a certificate and orders its revocation, in one transaction: from here on it is not in force, whenever
// the validity service hears of it.
func endByOrder(ctx context.Context, tx Tx, r Record, ground message.Ground, at time.Time) error {
	issuers, err := tx.Issuers(ctx)
	if err != nil {
		return err
	}
	issuer, err := issuerOf(issuers, r.Issuer)
	if err != nil {
		return err
	}
	c, err := jpki.Parse(issuer.Certificate)
	if err != nil {
		return fmt.Errorf("reading certificate of issuer %s: %w", issuer.ID, err)
	}
	if err := tx.End(ctx, r.Issuer, r.Serial, at); err != nil {
		return err
	}
	o := message.RevocationOrder{Issuer: message.IssuerID(c.KeyID().String()), Serial: r.Serial, Ground: ground, RecordedAt: at}
	sum := sha256.Sum256([]byte(string(o.Ground) + " " + string(o.Issuer) + " " + o.Serial.String()))
	o.ID = hex.EncodeToString(sum[:]) // one for each certificate and ground
	return office.Send(ctx, tx, message.RevocationOrderLetter, message.AtRevocation, message.TopicOrders, o)
}

// byKey returns the signed issuer with a key identifier, in force or not.
func byKey(issuers []Issuer, id message.IssuerID) (Issuer, error) {
	for _, i := range issuers {
		if i.Certificate == nil {
			continue
		}
		c, err := jpki.Parse(i.Certificate)
		if err != nil {
			return Issuer{}, fmt.Errorf("reading certificate of issuer %s: %w", i.ID, err)
		}
		if c.KeyID().String() == string(id) {
			return i, nil
		}
	}
	return Issuer{}, fault.New(fault.NotFound, "revocation.no_issuer", id)
}
