package posthttp

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/post"
)

// ClientConfig says which office to reach, and how. All fields must be set.
type ClientConfig struct {
	Office post.Address // the receiver
	// URL is that of its server, "https://ca.example:8443". The server's certificate must hold this host name too.
	URL   string
	Own   tls.Certificate // names the sender
	Roots *x509.CertPool  // of the offices' CA
}

// Client carries to one office. It is safe for concurrent use.
type Client struct {
	office post.Address
	url    string
	http   *http.Client
}

// NewClient returns the way to an office. Fault: "post.url".
func NewClient(c ClientConfig) (*Client, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" || c.Roots == nil || !c.Office.Valid() {
		return nil, fault.Wrap(err, fault.Invalid, "post.url", c.Office)
	}
	return &Client{
		office: c.Office, url: u.JoinPath(Path).String(),
		http: &http.Client{
			Transport:     &http.Transport{TLSClientConfig: line.ClientTLS(c.Own, c.Roots, c.Office)},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Carry brings a batch to the office. It is a [post.Carrier]. Faults: "post.no_route", "post.unreachable", "post.peer"
// with the status that the office answered.
func (c *Client) Carry(ctx context.Context, to post.Address, batch []post.Message) ([]post.Receipt, error) {
	if to != c.office {
		return nil, fault.New(fault.Unavailable, "post.no_route", to)
	}
	data, err := post.EncodeBatch(batch)
	if err != nil {
		return nil, fmt.Errorf("writing batch to %s: %w", to, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("writing batch to %s: %w", to, err)
	}
	request.Header.Set("Content-Type", contentType)
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "post.unreachable", to)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fault.New(fault.Unavailable, "post.peer", to, response.StatusCode)
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, post.MaxEncoded+1))
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "post.unreachable", to)
	}
	return post.DecodeReceipts(answer)
}

// Close ends idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }
