package main

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
)

// maxFile is the largest file that is read for one certificate.
const maxFile = 1 << 20

func certShow(_ context.Context, in *invocation) error {
	asJSON := in.flags.Bool("json", false, "print JSON")
	dump := in.flags.Bool("dump", false, "print the ASN.1 tree")
	if err := in.parse(1, 1); err != nil {
		return err
	}
	encoded, err := readCertificate(in.flags.Arg(0))
	if err != nil {
		return err
	}
	if *dump {
		return der.Dump(in.stdout, encoded, jpki.NameOf)
	}
	c, err := certify(encoded)
	if err != nil {
		return err
	}
	if *asJSON {
		return in.printJSON(c)
	}
	c.print(in.stdout)
	return nil
}

// readCertificate returns the DER of the first certificate in a file, PEM or DER.
func readCertificate(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, err
	}
	for rest := content; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return content, nil
		}
		if block.Type == "CERTIFICATE" {
			return block.Bytes, nil
		}
	}
}

// certified is a certificate as commands show it.
type certified struct {
	Kind        string     `json:"kind"`
	Description string     `json:"description"`
	Serial      string     `json:"serial"`
	Issuer      string     `json:"issuer"`
	Subject     string     `json:"subject"`
	NotBefore   time.Time  `json:"notBefore"`
	NotAfter    time.Time  `json:"notAfter"`
	KeyUsage    string     `json:"keyUsage"`
	KeyID       string     `json:"keyId"`
	IssuerKeyID string     `json:"issuerKeyId,omitempty"`
	Policies    []string   `json:"policies,omitempty"`
	CRL         string     `json:"crl,omitempty"`
	OCSP        string     `json:"ocsp,omitempty"`
	Person      *described `json:"person,omitempty"`
	SHA256      string     `json:"sha256"`
	Published   string     `json:"published,omitempty"` // which published CA certificate of J-LIS it is
}

type described struct {
	Name         string `json:"name"`
	NameMarks    string `json:"nameMarks"`
	Birth        string `json:"birth"`
	Sex          string `json:"sex"`
	Address      string `json:"address"`
	AddressMarks string `json:"addressMarks"`
}

func certify(encoded []byte) (*certified, error) {
	c, err := jpki.Parse(encoded)
	if err != nil {
		return nil, err
	}
	fingerprint, err := c.Fingerprint()
	if err != nil {
		return nil, err
	}
	shown := &certified{
		Kind: c.Kind.String(), Description: c.Kind.Japanese() + " " + c.Kind.English(), Serial: c.Serial.String(),
		Issuer: c.Issuer.String(), Subject: c.Subject.String(), NotBefore: c.NotBefore, NotAfter: c.NotAfter,
		KeyUsage: c.KeyUsage().String(), KeyID: c.KeyID().String(), IssuerKeyID: c.IssuerKeyID().String(),
		CRL: c.DistributionPoint().String(), OCSP: c.OCSP(), SHA256: fingerprint.String(),
	}
	for _, p := range c.Policies() {
		shown.Policies = append(shown.Policies, p.ID.String()+" "+jpki.NameOf(p.ID))
	}
	if p, ok := c.Person(); ok {
		birth := "unknown"
		if day, ok := p.Birth.Date(); ok {
			birth = day.Format(time.DateOnly)
		}
		shown.Person = &described{p.Name, p.NameMarks, birth, p.Sex.String(), p.Address, p.AddressMarks}
	}
	if known, ok := jpki.Recognize(fingerprint); ok {
		shown.Published = fmt.Sprintf("J-LIS %s, generation %d, by its published fingerprint", known.Kind.English(), known.Generation)
	}
	return shown, nil
}

// print writes the certificate for people, one line per fact.
func (c *certified) print(w io.Writer) {
	var b bytes.Buffer
	line := func(label, value string) {
		if value != "" {
			fmt.Fprintf(&b, "  %-11s %s\n", label, value)
		}
	}
	fmt.Fprintln(&b, c.Description)
	line("published", c.Published)
	line("serial", c.Serial)
	line("issuer", c.Issuer)
	line("subject", c.Subject)
	line("valid", c.NotBefore.In(jpki.Japan).Format(time.RFC3339)+" to "+c.NotAfter.In(jpki.Japan).Format(time.RFC3339))
	if p := c.Person; p != nil {
		line("氏名", p.Name+"  ("+p.NameMarks+")")
		line("生年月日", p.Birth)
		line("性別", p.Sex)
		line("住所", p.Address+"  ("+p.AddressMarks+")")
	}
	line("key usage", c.KeyUsage)
	for _, p := range c.Policies {
		line("policy", p)
	}
	line("CRL", c.CRL)
	line("OCSP", c.OCSP)
	line("key id", c.KeyID)
	line("issuer key", c.IssuerKeyID)
	line("sha256", c.SHA256)
	_, _ = w.Write(b.Bytes())
}
