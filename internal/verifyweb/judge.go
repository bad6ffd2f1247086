package verifyweb

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"slices"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/verify"
	"github.com/openjpki/jpki/verify/pkix"
)

// verdict is what was found about an input.
type verdict struct {
	kind      kind
	digest    [sha256.Size]byte
	at        time.Time
	report    verify.Report
	published *jpki.Published // the input is this CA certificate of J-LIS; there is no report then
	unfetched bool            // evidence was asked for in vain
}

// judge judges an input, for now. Where a certificate of the nation was found, revocation data are fetched and it is judged
// once more with them.
func (p *Pages) judge(ctx context.Context, in input) (verdict, error) {
	out := verdict{kind: in.kind, digest: sha256.Sum256(in.file), at: p.Now().UTC().Truncate(time.Second)}
	if out.published = publishedCA(in); out.published != nil {
		return out, nil
	}
	nation, err := p.Anchors(ctx)
	if err != nil {
		return out, err
	}
	c := verify.Config{
		At: out.at, Anchors: slices.Concat(nation, in.anchors), Certificates: in.certificates, CRLs: in.crls, OCSP: in.ocsps,
	}
	if out.report, err = in.report(c); err != nil {
		return out, err
	}
	fetched := false
	for _, s := range out.report.Signatures {
		if p.Evidence == nil || !issuedBy(nation, s.Certificate) {
			continue
		}
		crls, ocsps, err := p.Evidence(ctx, s.Certificate)
		if err != nil {
			out.unfetched = true // the verdict says what follows
			continue
		}
		c.CRLs, c.OCSP, fetched = append(c.CRLs, crls...), append(c.OCSP, ocsps...), true
	}
	if fetched {
		out.report, err = in.report(c)
	}
	return out, err
}

// report judges by one configuration.
func (in *input) report(c verify.Config) (verify.Report, error) {
	v, err := verify.New(c)
	if err != nil {
		return verify.Report{}, err
	}
	switch in.kind {
	case kindPDF:
		return v.PDF(bytes.NewReader(in.object), int64(len(in.object)))
	case kindCMS:
		var content io.Reader
		if in.content != nil {
			content = bytes.NewReader(in.content)
		}
		return v.CMS(in.object, content)
	}
	return v.Certificate(in.object), nil
}

// publishedCA says which CA certificate of J-LIS the input is, nil if none.
func publishedCA(in input) *jpki.Published {
	if in.kind != kindCertificate {
		return nil
	}
	published, known := jpki.Recognize(sha256.Sum256(in.object))
	if !known {
		return nil
	}
	return &published
}

// issuedBy reports whether a certificate says that one of the CAs issued it.
func issuedBy(authorities [][]byte, certificate []byte) bool {
	c, err := pkix.ParseCertificate(certificate)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(authorities, func(encoded []byte) bool {
		ca, err := pkix.ParseCertificate(encoded)
		return err == nil && ca.KeyID != "" && ca.KeyID == c.Authority.KeyID && ca.Subject.Matches(c.Issuer)
	})
}
