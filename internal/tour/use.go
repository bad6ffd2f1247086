package tour

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/cms"
	"github.com/openjpki/jpki/pades"
)

// use is the second chapter: she signs, and all is in force.
func (t *tour) use(ctx context.Context) error {
	// Half an hour: the validity service has learnt of the certificates, at the latest by its second tick from now.
	if err := t.Nation.Advance(ctx, t.Nation.Now().Add(30*time.Minute)); err != nil {
		return err
	}
	t.Before = t.Nation.Now().Unix()
	if err := t.publish(ctx, "before", "sign", "auth"); err != nil {
		return err
	}
	if err := t.wrongPIN(ctx); err != nil {
		return err
	}
	if err := errors.Join(t.sign(ctx, "document"), t.signPDF(ctx)); err != nil {
		return err
	}
	return t.judge(ctx, "before", t.Before,
		verdict{document, "TOTAL-PASSED", nil}, verdict{documentPDF, "TOTAL-PASSED", nil}, verdict{signing, "TOTAL-PASSED", nil}, verdict{authentication, "TOTAL-PASSED", nil})
}

// wrongPIN is a try to sign with a PIN that is not hers.
func (t *tour) wrongPIN(ctx context.Context) error {
	s := Step{ID: "wrong PIN", Title: "her card does not sign with another PIN", Expect: "refused, 4 tries left", Req: []string{"R-CRD-08"}}
	return t.step(ctx, s, func(map[string]string) (string, error) {
		_, _, err := t.key(ctx, "WRONG0")
		wrong, ok := errors.AsType[*card.PINError](err)
		switch {
		case err == nil:
			return "signed", nil
		case !ok:
			return "", err
		}
		return fmt.Sprintf("refused, %d tries left", wrong.Retries), nil
	})
}

// key opens the signature key of her card, and returns it with the CA certificate on the card.
func (t *tour) key(ctx context.Context, pin string) (key *card.Signer, ca []byte, err error) {
	opened, err := card.Open(ctx, t.chip)
	if err != nil {
		return nil, nil, err
	}
	if key, err = opened.Signer(ctx, card.Signature, func(card.Key, int) (string, error) { return pin, nil }); err != nil {
		return nil, nil, err
	}
	ca, err = opened.Certificate(ctx, card.SignatureCA)
	return key, ca, err
}

// sign signs the document into signed/NAME.p7s.
func (t *tour) sign(ctx context.Context, name string) error {
	s := Step{ID: "sign " + name, Title: "she signs the document with her card", Expect: "signed", Req: []string{"R-CLI-02"}}
	return t.step(ctx, s, func(evidence map[string]string) (string, error) {
		key, ca, err := t.key(ctx, t.person.PINs.Sign)
		if err != nil {
			return "", err
		}
		signer, err := cms.New(cms.Config{Key: key, Certificate: key.Certificate(), Chain: [][]byte{ca}})
		if err != nil {
			return "", err
		}
		signature, err := signer.SignDetached(bytes.NewReader(t.PDF), t.Nation.Now())
		if err != nil {
			return "", err
		}
		evidence["bytes"] = fmt.Sprint(len(signature))
		return "signed", t.write("signed/"+name+".p7s", signature)
	})
}

// signPDF signs the document as a PDF, the signature within it, into signed/document.pdf.
func (t *tour) signPDF(ctx context.Context) error {
	s := Step{ID: "sign pdf", Title: "she signs it as a PDF, the signature within", Expect: "signed", Req: []string{"R-CLI-02"}}
	return t.step(ctx, s, func(evidence map[string]string) (string, error) {
		key, ca, err := t.key(ctx, t.person.PINs.Sign)
		if err != nil {
			return "", err
		}
		signer, err := pades.New(pades.Config{Key: key, Certificate: key.Certificate(), Chain: [][]byte{ca}})
		if err != nil {
			return "", err
		}
		var signed bytes.Buffer
		if err := signer.Sign(&signed, bytes.NewReader(t.PDF), int64(len(t.PDF)), pades.Details{Time: t.Nation.Now()}); err != nil {
			return "", err
		}
		evidence["bytes"] = fmt.Sprint(signed.Len())
		return "signed", t.write("signed/document.pdf", signed.Bytes())
	})
}
