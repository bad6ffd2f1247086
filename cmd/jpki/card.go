package main

import (
	"context"
	"crypto"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/pcsc"
	"github.com/openjpki/jpki/internal/fault"
)

func cardList(ctx context.Context, in *invocation) error {
	socket := in.flags.String("pcsc", "", "`PATH` of the PC/SC service's socket; else $PCSCLITE_CSOCK_NAME or that of pcscd")
	asJSON := in.flags.Bool("json", false, "print JSON")
	if err := in.parse(0, 0); err != nil {
		return err
	}
	client, err := pcsc.Dial(ctx, target{pcsc: socket}.socket())
	if err != nil {
		return err
	}
	readers, err := client.Readers(ctx)
	if err != nil {
		return err
	}
	type line struct {
		Reader string `json:"reader"`
		Card   bool   `json:"card"`
		ATR    string `json:"atr,omitempty"`
	}
	lines := make([]line, len(readers))
	table := tabwriter.NewWriter(in.stdout, 0, 0, 2, ' ', 0)
	for i, r := range readers {
		lines[i] = line{r.Name, r.Present, hex.EncodeToString(r.ATR)}
		state := "empty"
		if r.Present {
			state = "card"
		}
		fmt.Fprintf(table, "%s\t%s\t%X\n", r.Name, state, r.ATR)
	}
	if *asJSON {
		return in.printJSON(lines)
	}
	if len(readers) == 0 {
		return fault.New(fault.Unavailable, "pcsc.no_reader")
	}
	return table.Flush()
}

// shown is what card show tells.
type shown struct {
	Token        string                `json:"token"`
	Serial       string                `json:"serial"`
	Tries        map[string]int        `json:"tries"`
	Certificates map[string]*certified `json:"certificates"` // nil: the card has it but did not show it
}

func cardShow(ctx context.Context, in *invocation) error {
	t, pinEnv := in.target(), in.pinFlag()
	withSign := in.flags.Bool("sign", false, "ask for the signature PIN and show the signing certificate too")
	asJSON := in.flags.Bool("json", false, "print JSON")
	if err := in.parse(0, 0); err != nil {
		return err
	}
	c, done, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer done()
	if *withSign {
		if err := in.unlock(ctx, c, card.Signature, *pinEnv); err != nil {
			return err
		}
	}
	s, err := look(ctx, c)
	if err != nil {
		return err
	}
	if *asJSON {
		return in.printJSON(s)
	}
	fmt.Fprintf(in.stdout, "token      %s\nserial     %s\nPIN tries  auth %d, sign %d\n", s.Token, s.Serial, s.Tries["auth"], s.Tries["sign"])
	for _, name := range []string{"auth", "auth-ca", "sign", "sign-ca"} {
		switch found, present := s.Certificates[name]; {
		case !present:
			fmt.Fprintf(in.stdout, "\n%s: none\n", name)
		case found == nil:
			fmt.Fprintf(in.stdout, "\n%s: shown after the signature PIN only (-sign)\n", name)
		default:
			fmt.Fprintf(in.stdout, "\n%s: ", name)
			found.print(in.stdout)
		}
	}
	return nil
}

// look reads what a card shows in its present state.
func look(ctx context.Context, c *card.Card) (shown, error) {
	token, err := c.TokenInfo(ctx)
	if err != nil {
		return shown{}, err
	}
	s := shown{Token: token.Label, Serial: token.Serial, Tries: map[string]int{}, Certificates: map[string]*certified{}}
	for name, key := range map[string]card.Key{"auth": card.Authentication, "sign": card.Signature} {
		if s.Tries[name], err = c.Retries(ctx, key); err != nil {
			return s, err
		}
	}
	available, err := c.Availability(ctx)
	if err != nil {
		return s, err
	}
	for name, file := range certificateFiles {
		encoded, err := c.Certificate(ctx, file)
		switch {
		case errors.Is(err, card.ErrNoCertificate):
			continue
		case err != nil && file == card.SignatureCertificate:
			if available.Signature {
				s.Certificates[name] = nil
			}
			continue
		case err != nil:
			return s, err
		}
		if s.Certificates[name], err = certify(encoded); err != nil {
			return s, fmt.Errorf("reading the certificate in %s: %w", file, err)
		}
	}
	return s, nil
}

var certificateFiles = map[string]card.File{
	"auth": card.AuthenticationCertificate, "auth-ca": card.AuthenticationCA,
	"sign": card.SignatureCertificate, "sign-ca": card.SignatureCA,
}

// unlock gives the card the PIN of a key.
func (in *invocation) unlock(ctx context.Context, c *card.Card, key card.Key, pinEnv string) error {
	tries, err := c.Retries(ctx, key)
	if err != nil {
		return err
	}
	if tries == 0 {
		return card.ErrBlocked
	}
	pin, err := in.prompt(pinEnv)(key, tries)
	if err != nil {
		return err
	}
	return c.VerifyLastTry(ctx, key, pin) // the prompt has told of the last try
}

func cardPIN(ctx context.Context, in *invocation) error {
	t, keyName, pinEnv := in.target(), in.keyFlag(), in.pinFlag()
	change := in.flags.Bool("change", false, "change the PIN")
	newEnv := in.flags.String("new-pin-env", "", "environment `VAR` that holds the new PIN; else it is asked for")
	if err := in.parse(0, 0); err != nil {
		return err
	}
	key, err := parseKey(*keyName)
	if err != nil {
		return err
	}
	c, done, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer done()
	if *change {
		if *newEnv != "" && in.getenv(*newEnv) == "" {
			return fault.New(fault.Invalid, "cli.pin_env", *newEnv) // before anything is asked
		}
		if err := in.changePIN(ctx, c, key, *pinEnv, *newEnv); err != nil {
			return err
		}
	}
	tries, err := c.Retries(ctx, key)
	if err != nil {
		return err
	}
	fmt.Fprintf(in.stdout, "%s: %d tries left\n", *keyName, tries)
	return nil
}

func (in *invocation) changePIN(ctx context.Context, c *card.Card, key card.Key, pinEnv, newEnv string) error {
	tries, err := c.Retries(ctx, key)
	if err != nil {
		return err
	}
	if tries == 0 {
		return card.ErrBlocked
	}
	old, err := in.prompt(pinEnv)(key, tries)
	if err != nil {
		return err
	}
	next, err := in.askPIN(newEnv, "new PIN: ")
	if err != nil {
		return err
	}
	return c.ChangePIN(ctx, key, old, next)
}

var hashOfLength = map[int]crypto.Hash{20: crypto.SHA1, 32: crypto.SHA256, 48: crypto.SHA384, 64: crypto.SHA512}

func cardSign(ctx context.Context, in *invocation) error {
	t, keyName, pinEnv := in.target(), in.keyFlag(), in.pinFlag()
	digestHex := in.flags.String("digest", "", "digest in `HEX`")
	out := in.flags.String("out", "", "`FILE` for the signature")
	if err := in.parse(0, 0); err != nil {
		return err
	}
	key, err := parseKey(*keyName)
	if err != nil {
		return err
	}
	digest, err := hex.DecodeString(*digestHex)
	hash, ok := hashOfLength[len(digest)]
	if err != nil || !ok {
		return usageError{"-digest is not the hexadecimal digest of SHA-1, SHA-256, SHA-384 or SHA-512"}
	}
	c, done, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer done()
	if err := in.unlock(ctx, c, key, *pinEnv); err != nil {
		return err
	}
	info, err := card.DigestInfo(hash, digest)
	if err != nil {
		return err
	}
	signature, err := c.SignPKCS1(ctx, key, info)
	if err != nil {
		return err
	}
	if *out != "" {
		return os.WriteFile(*out, signature, 0o600)
	}
	fmt.Fprintf(in.stdout, "%x\n", signature)
	return nil
}

func cardExport(ctx context.Context, in *invocation) error {
	t, pinEnv := in.target(), in.pinFlag()
	name := in.flags.String("file", "", "`WHICH`: auth, auth-ca, sign or sign-ca")
	out := in.flags.String("out", "", "`FILE` to write; else standard output")
	asDER := in.flags.Bool("der", false, "DER instead of PEM")
	if err := in.parse(0, 0); err != nil {
		return err
	}
	file, ok := certificateFiles[*name]
	if !ok {
		return usageError{"-file is not auth, auth-ca, sign or sign-ca"}
	}
	c, done, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer done()
	if file == card.SignatureCertificate {
		if err := in.unlock(ctx, c, card.Signature, *pinEnv); err != nil {
			return err
		}
	}
	encoded, err := c.Certificate(ctx, file)
	if err != nil {
		return err
	}
	if !*asDER {
		encoded = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: encoded})
	}
	if *out != "" {
		return os.WriteFile(*out, encoded, 0o644)
	}
	_, err = in.stdout.Write(encoded)
	return err
}

// signer returns a key of the card whose PIN has been given, with the certificate of its CA.
func (in *invocation) signer(ctx context.Context, c *card.Card, key card.Key, pinEnv string) (*card.Signer, []byte, error) {
	s, err := c.Signer(ctx, key, in.prompt(pinEnv))
	if err != nil {
		return nil, nil, err
	}
	ca, err := c.Certificate(ctx, card.SignatureCA)
	if errors.Is(err, card.ErrNoCertificate) {
		return s, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if _, err := jpki.Parse(ca); err != nil {
		return nil, nil, fault.Wrap(err, fault.Invalid, "card.bad_certificate")
	}
	return s, ca, nil
}
