package revocationhttp

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/openjpki/jpki/internal/revocation"
)

// maxResponse bounds an OCSP response, in bytes; one for 64 certificates has about 10 kB.
const maxResponse = 64 << 10

// maxGet is the longest encoded request that goes by GET, in bytes.
//
// Spec: RFC 5019 §5
const maxGet = 255

// Client asks a validity service. The zero value is ready for use.
type Client struct {
	HTTP *http.Client // optional; http.DefaultClient if nil
}

// Ask sends an OCSP request to the address of a responder, by GET if it is short, so that caches can answer, and returns
// the response. Nothing in it is checked.
func (c Client) Ask(ctx context.Context, address string, request []byte) ([]byte, error) {
	encoded := url.QueryEscape(base64.StdEncoding.EncodeToString(request))
	if len(encoded) > maxGet {
		return c.send(ctx, http.MethodPost, address, request)
	}
	return c.send(ctx, http.MethodGet, strings.TrimSuffix(address, "/")+"/"+encoded, nil)
}

func (c Client) send(ctx context.Context, method, address string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("asking OCSP responder: %w", err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", typeRequest)
	}
	response, err := c.do(r, typeResponse)
	if err != nil {
		return nil, fmt.Errorf("asking OCSP responder: %w", err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, maxResponse+1))
	if err == nil && len(content) > maxResponse {
		err = fmt.Errorf("response of more than %d bytes", maxResponse)
	}
	if err != nil {
		return nil, fmt.Errorf("asking OCSP responder: %w", err)
	}
	return content, nil
}

// List copies the latest list of a partition to w and returns its size. base is the address under which the service
// stands, such as "http://127.0.0.1:8080". Nothing in the list is checked.
func (c Client) List(ctx context.Context, base string, p revocation.Partition, w io.Writer) (int64, error) {
	address := strings.TrimSuffix(base, "/") + pathLists + string(p.Issuer) + "/" + p.ID() + ".crl"
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, fmt.Errorf("fetching list: %w", err)
	}
	response, err := c.do(r, typeList)
	if err != nil {
		return 0, fmt.Errorf("fetching list: %w", err)
	}
	defer response.Body.Close()
	n, err := io.Copy(w, response.Body)
	if err != nil {
		return n, fmt.Errorf("fetching list: %w", err)
	}
	return n, nil
}

// do sends a request that must be answered with status 200 and a media type.
func (c Client) do(r *http.Request, media string) (*http.Response, error) {
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	if got := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || got != media {
		response.Body.Close()
		return nil, fmt.Errorf("%s answers %s, %q", r.URL.Host, response.Status, got)
	}
	return response, nil
}
