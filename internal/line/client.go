package line

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/post"
)

// defaultLimit is how long a request may take, with its answer.
const defaultLimit = time.Minute

// ClientConfig says which office to reach, and how. All fields but the last must be set.
type ClientConfig struct {
	Office post.Address // whom to reach
	// URL is that of its server, "https://ca.example:8443". The server's certificate must hold this host name too.
	URL   string
	Own   tls.Certificate // names who asks
	Roots *x509.CertPool  // of the offices' CA
	Limit time.Duration   // how long to wait for an answer. Default: a minute.
}

// Client reaches one office. It is safe for concurrent use.
type Client struct {
	Office post.Address
	url    *url.URL
	tls    *tls.Config
	limit  time.Duration
	http   *http.Client
}

// NewClient returns the way to an office. Fault: "line.url".
func NewClient(c ClientConfig) (*Client, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" || c.Roots == nil || !c.Office.Valid() {
		return nil, fault.Wrap(err, fault.Invalid, "line.url", c.Office)
	}
	c.Limit = orDefault(c.Limit, defaultLimit)
	config := ClientTLS(c.Own, c.Roots, c.Office)
	return &Client{c.Office, u, config, c.Limit, &http.Client{
		Transport: &http.Transport{
			TLSClientConfig: config, MaxIdleConnsPerHost: 16, IdleConnTimeout: idle / 2, MaxResponseHeaderBytes: maxHeader,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// NewLocalClient returns the way to an office through the [Relay] on this machine, for programs at a terminal. url is that
// of the relay, "http://127.0.0.1:8081". Fault: "line.url".
func NewLocalClient(office post.Address, relay string) (*Client, error) {
	u, err := url.Parse(relay)
	if err != nil || u.Scheme != "http" || !office.Valid() {
		return nil, fault.Wrap(err, fault.Invalid, "line.url", office)
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err != nil || !ip.IsLoopback() {
		return nil, fault.Wrap(err, fault.Invalid, "line.url", office)
	}
	return &Client{office, u, nil, defaultLimit, &http.Client{Transport: &http.Transport{}}}, nil
}

// Post sends JSON to a path and returns the answer. A connection that was lost before the answer is replaced and the
// request sent again, so it may arrive twice. Faults: that of [Refuse], "line.unreachable", "line.peer",
// "line.answer_invalid".
func (c *Client) Post(ctx context.Context, path, operator string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	request, err := c.request(ctx, path, contentType, operator, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header["Idempotency-Key"] = []string{} // is not sent; tells the transport that it may send again
	return c.answer(request)
}

// Stream sends what is too large for [Client.Post], once, and returns the answer, which may be anything. How long it takes
// is up to ctx. Faults: those of Post.
func (c *Client) Stream(ctx context.Context, path, operator string, body io.Reader) ([]byte, error) {
	request, err := c.request(ctx, path, "application/octet-stream", operator, io.NopCloser(body))
	if err != nil {
		return nil, err
	}
	return c.answer(request)
}

func (c *Client) request(ctx context.Context, path, media, operator string, body io.Reader) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url.JoinPath(path).String(), body)
	if err != nil {
		return nil, fmt.Errorf("asking %s: %w", c.Office, err)
	}
	request.Header.Set("Content-Type", media)
	if operator != "" {
		request.Header.Set(headerOperator, operator)
	}
	return request, nil
}

func (c *Client) answer(request *http.Request) ([]byte, error) {
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "line.unreachable", c.Office)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, Refusal(response, c.Office)
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, MaxBody+1))
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "line.unreachable", c.Office)
	}
	if len(answer) > MaxBody {
		return nil, fault.New(fault.Unavailable, "line.answer_invalid", c.Office)
	}
	return answer, nil
}

// Close ends idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }
