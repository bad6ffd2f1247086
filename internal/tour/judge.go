package tour

import (
	"bytes"
	"context"
	_ "embed"
	"slices"
	"strings"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/verify"
)

// judgeScript has others judge the folder.
//
//go:embed judge.sh
var judgeScript []byte

// object is what is judged: a signature or a certificate.
type object struct {
	name, title string
	file        string // of the folder
	certificate string // name of the certificate whose status decides
}

// The objects of a tour.
var (
	document       = object{"document", "the signature on the document", "signed/document.p7s", "sign"}
	documentPDF    = object{"pdf", "the signature in the document", "signed/document.pdf", "sign"}
	signing        = object{"sign", "the signing certificate", "person/sign.pem", "sign"}
	authentication = object{"auth", "the authentication certificate", "person/auth.pem", "auth"}
	documentAgain  = object{"document-again", "the signature by the new certificate", "signed/again.p7s", "again"}
	signingAgain   = object{"again", "the new signing certificate", "person/again.pem", "again"}
)

// verdict is what is expected of an object.
type verdict struct {
	object
	want string   // "INDICATION" or "INDICATION/SUBINDICATION"
	req  []string // what it shows besides
}

// The two ways to know whether a certificate is revoked.
var ways = []struct {
	name, ending string
	req          []string // what it shows besides
}{
	{"crl", ".crl", []string{"R-VAL-03", "R-VAL-04"}}, {"ocsp", ".ocsp.der", []string{"R-VAL-05"}},
}

// judge judges objects by what was published when, first by lists alone and then by answers alone, as a relying party does
// that has files and no line.
func (t *tour) judge(ctx context.Context, when string, at int64, verdicts ...verdict) error {
	for _, way := range ways {
		for _, v := range verdicts {
			s := Step{
				ID: when + " " + v.name + " " + way.name, Title: v.title + ", " + when + " the move, by " + strings.ToUpper(way.name), Expect: v.want,
				Req: slices.Concat([]string{"R-VAL-01"}, way.req, v.req),
			}
			err := t.step(ctx, s, func(evidence map[string]string) (string, error) {
				report, err := t.examine(v.object, when+"/"+v.certificate+way.ending, time.Unix(at, 0))
				if err != nil {
					return "", err
				}
				for _, s := range report.Signatures {
					evidence["signer"] = s.Signer
				}
				return sum(report), nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// sum is a report in one word or two.
func sum(r verify.Report) string {
	if r.SubIndication == "" {
		return string(r.Indication)
	}
	return string(r.Indication) + "/" + string(r.SubIndication)
}

// examine judges an object of the folder by one list or answer.
func (f folder) examine(o object, published string, at time.Time) (report verify.Report, err error) {
	c := verify.Config{At: at, Kind: jpki.Signing}
	if issuerOf(o.certificate) == "auth" {
		c.Kind = jpki.Authentication
	}
	anchor, err := f.readPEM("ca/" + issuerOf(o.certificate) + ".pem")
	if err != nil {
		return report, err
	}
	c.Anchors = [][]byte{anchor}
	known, err := f.read(published)
	if err != nil {
		return report, err
	}
	if strings.HasSuffix(published, ".crl") {
		c.CRLs = [][]byte{known}
	} else {
		c.OCSP = [][]byte{known}
	}
	v, err := verify.New(c)
	if err != nil {
		return report, err
	}
	if strings.HasSuffix(o.file, ".pem") {
		certificate, err := f.readPEM(o.file)
		if err != nil {
			return report, err
		}
		return v.Certificate(certificate), nil
	}
	signature, err := f.read(o.file)
	if err != nil {
		return report, err
	}
	if strings.HasSuffix(o.file, ".pdf") {
		return v.PDF(bytes.NewReader(signature), int64(len(signature)))
	}
	content, err := f.read("document.pdf")
	if err != nil {
		return report, err
	}
	return v.CMS(signature, bytes.NewReader(content))
}
