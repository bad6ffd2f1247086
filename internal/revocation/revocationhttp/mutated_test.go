package revocationhttp_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"testing"

	judge "golang.org/x/crypto/ocsp"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/revocation/ocsp"
)

// mutants are ways to spoil bytes.
func mutants(random *rand.Rand) []func([]byte) []byte {
	at := func(b []byte) int { return random.IntN(len(b)) }
	return []func([]byte) []byte{
		func(b []byte) []byte { b[at(b)] ^= 1 << random.IntN(8); return b },
		func(b []byte) []byte { b[at(b)] = byte(random.Uint32()); return b },
		func(b []byte) []byte { return b[:at(b)] },
		func(b []byte) []byte { i := at(b); return append(b[:i], b[i+1:]...) },
		func(b []byte) []byte { i := at(b); return append(b[:i:i], b[i/2:]...) },
		func(b []byte) []byte { return append(b, b[:at(b)]...) },
		func(b []byte) []byte { b[len(b)-1] = byte(random.Uint32()); return b }, // another serial number
	}
}

// A thousand altered requests, by both ways, from eight clients at once: each gets the answer that is due to it, and whoever
// asks properly in between gets his.
func TestMutatedRequests(t *testing.T) {
	r := newRig(t, nil)
	serial := uint64(r.certificates[0].Serial)
	outcomes := make([]map[string]int, 8)
	var wg sync.WaitGroup
	for client := range outcomes {
		outcomes[client] = map[string]int{}
		random := rand.New(rand.NewPCG(uint64(client), 1))
		alter := mutants(random)
		wg.Go(func() {
			original := r.request(t, []crypto.Hash{crypto.SHA1, crypto.SHA256}[client%2], serial)
			for i := range 125 {
				mutant := alter[i%len(alter)](bytes.Clone(original))
				outcomes[client][r.judge(t, mutant, r.send(t, i%2 == 0, mutant))]++
				if i%5 == 0 {
					if _, body := do(t, "POST", r.url+"/ocsp", original, "Content-Type", "application/ocsp-request"); r.status(t, body, serial) != judge.Good {
						t.Error("a proper request gets no proper answer")
					}
				}
			}
		})
	}
	wg.Wait()
	sum := map[string]int{}
	for _, of := range outcomes {
		for what, n := range of {
			sum[what] += n
		}
	}
	t.Logf("answers: %v", sum)
	if sum["malformed"] < 300 || sum["unauthorized"] == 0 || sum["unknown"] == 0 {
		t.Errorf("answers %v, want some of each", sum)
	}
}

// send sends a request by POST or by GET, and returns the response.
func (r *rig) send(t *testing.T, post bool, request []byte) []byte {
	t.Helper()
	var response *http.Response
	var body []byte
	if post {
		response, body = do(t, "POST", r.url+"/ocsp", request, "Content-Type", "application/ocsp-request")
	} else {
		response, body = do(t, "GET", r.url+"/ocsp/"+url.QueryEscape(base64.StdEncoding.EncodeToString(request)), nil)
	}
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "application/ocsp-response" {
		t.Errorf("%X: %s, want an OCSP response", request, response.Status)
	}
	return body
}

// judge checks a response by what the request says, and returns what it is.
func (r *rig) judge(t *testing.T, request, response []byte) string {
	t.Helper()
	parsed, err := ocsp.ParseRequest(request)
	if err != nil {
		if !bytes.Equal(response, ocsp.Failure(ocsp.MalformedRequest)) {
			t.Errorf("%X (%v) gets %X, want malformedRequest", request, err, response)
		}
		return "malformed"
	}
	if bytes.Equal(response, ocsp.Failure(ocsp.Unauthorized)) {
		for _, h := range must(ocsp.HashesOf(r.authority))(t) {
			if h == parsed.Queries[0].ID.Issuer {
				t.Errorf("%X gets unauthorized, though it names our CA", request)
			}
		}
		return "unauthorized"
	}
	ca := must(x509.ParseCertificate(must(r.authority.Marshal())(t)))(t)
	answer, err := judge.ParseResponse(response, ca)
	if err != nil {
		t.Errorf("%X gets %X: %v", request, response, err)
		return "broken"
	}
	want, what := judge.Unknown, "unknown"
	number := integer([]byte(parsed.Queries[0].ID.Serial))
	for _, c := range []*jpki.Certificate{r.authority, r.certificates[0]} {
		if number.IsUint64() && number.Uint64() == uint64(c.Serial) {
			want, what = judge.Good, "good"
		}
	}
	if answer.Status != want || answer.SerialNumber.Cmp(number) != 0 {
		t.Errorf("%X gets status %d of %v, want %s of %v", request, answer.Status, answer.SerialNumber, what, number)
	}
	return what
}

// integer is what the content of an INTEGER means.
func integer(content []byte) *big.Int {
	n := new(big.Int).SetBytes(content)
	if len(content) > 0 && content[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(content))))
	}
	return n
}
