package line

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/post"
)

const (
	contentType    = "application/json"
	headerOperator = "Jpki-Operator"
	maxBody        = 4 << 20 // of a question and of an answer, in bytes
)

// Question is what one office may ask another, by the path at which it answers: Q is what is asked, A what is answered, both
// as JSON.
type Question[Q, A any] string

// Handle answers a question. answer is told who asks; its fault goes back as it is.
func (q Question[Q, A]) Handle(mux *http.ServeMux, answer func(ctx context.Context, actor authz.Actor, from post.Address, asked Q) (A, error)) {
	mux.HandleFunc("POST "+string(q), func(w http.ResponseWriter, r *http.Request) {
		answered, err := q.answer(w, r, answer)
		if err != nil {
			Refuse(w, err)
			return
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(answered) // who asked may be gone
	})
}

func (q Question[Q, A]) answer(w http.ResponseWriter, r *http.Request, answer func(context.Context, authz.Actor, post.Address, Q) (A, error)) ([]byte, error) {
	actor, from, err := Caller(r)
	if err != nil {
		return nil, err
	}
	if r.Header.Get("Content-Type") != contentType {
		return nil, fault.New(fault.Invalid, "line.question_invalid", string(q))
	}
	var asked Q
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	if d.Decode(&asked) != nil {
		return nil, fault.New(fault.Invalid, "line.question_invalid", string(q)) // the decoder's words may repeat the body
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fault.New(fault.Invalid, "line.question_invalid", string(q))
	}
	answered, err := answer(r.Context(), actor, from, asked)
	if err != nil {
		return nil, err
	}
	return json.Marshal(answered)
}

// Ask asks an office. Faults: those of the answer, "line.unreachable", "line.answer_invalid".
func (q Question[Q, A]) Ask(ctx context.Context, to *Client, operator string, asked Q) (answered A, err error) {
	body, err := json.Marshal(asked)
	if err != nil {
		return answered, fmt.Errorf("asking %s: %w", to.Office, err)
	}
	answer, err := to.Post(ctx, string(q), contentType, operator, bytes.NewReader(body))
	if err != nil {
		return answered, err
	}
	defer answer.Close()
	d := json.NewDecoder(io.LimitReader(answer, maxBody))
	d.DisallowUnknownFields()
	if d.Decode(&answered) != nil {
		return answered, fault.New(fault.Unavailable, "line.answer_invalid", to.Office)
	}
	return answered, nil
}

// Caller returns who sent a request: the office that its certificate names, and the operator that it tells of.
func Caller(r *http.Request) (authz.Actor, post.Address, error) {
	from, err := Peer(r.TLS)
	return authz.Actor{Office: from.Office(), Operator: r.Header.Get(headerOperator)}, from, err
}

// problem is a fault on the wire. What lies beneath it stays where it happened.
type problem struct {
	Kind fault.Kind `json:"kind"`
	Key  string     `json:"key"`
	Args []string   `json:"args,omitempty"`
}

// Refuse answers a request with a fault. An error that is none goes back as an internal one, without its text.
func Refuse(w http.ResponseWriter, err error) {
	p := problem{Kind: fault.KindOf(err), Key: fault.KeyOf(err)}
	for _, arg := range fault.ArgsOf(err) {
		p.Args = append(p.Args, fmt.Sprint(arg))
	}
	body, encoding := json.Marshal(p)
	if encoding != nil {
		body = []byte("{}")
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(statusOf(p.Kind))
	_, _ = w.Write(body)
}

func statusOf(k fault.Kind) int {
	switch k {
	case fault.Invalid:
		return http.StatusBadRequest
	case fault.Denied:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// ClientConfig says which office to reach, and how. All fields must be set.
type ClientConfig struct {
	Office post.Address // whom to reach
	// URL is that of its server, "https://ca.example:8443". The server's certificate must hold this host name too.
	URL   string
	Own   tls.Certificate // names who asks
	Roots *x509.CertPool  // of the offices' CA
}

// Client reaches one office. It is safe for concurrent use.
type Client struct {
	Office post.Address
	url    *url.URL
	http   *http.Client
}

// NewClient returns the way to an office. Fault: "line.url".
func NewClient(c ClientConfig) (*Client, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" || c.Roots == nil || !c.Office.Valid() {
		return nil, fault.Wrap(err, fault.Invalid, "line.url", c.Office)
	}
	return &Client{c.Office, u, &http.Client{
		Transport:     &http.Transport{TLSClientConfig: ClientTLS(c.Own, c.Roots, c.Office)},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Post sends a body to a path and returns the answer, which the caller closes. Faults: that of [Refuse],
// "line.unreachable".
func (c *Client) Post(ctx context.Context, path, media, operator string, body io.Reader) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url.JoinPath(path).String(), body)
	if err != nil {
		return nil, fmt.Errorf("asking %s: %w", c.Office, err)
	}
	request.Header.Set("Content-Type", media)
	if operator != "" {
		request.Header.Set(headerOperator, operator)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "line.unreachable", c.Office)
	}
	if response.StatusCode == http.StatusOK {
		return response.Body, nil
	}
	defer response.Body.Close()
	var p problem
	if json.NewDecoder(io.LimitReader(response.Body, maxBody)).Decode(&p) != nil || p.Key == "" {
		return nil, fmt.Errorf("asking %s: it answered with status %d", c.Office, response.StatusCode)
	}
	args := make([]any, len(p.Args))
	for i, arg := range p.Args {
		args[i] = arg
	}
	return nil, fault.New(p.Kind, p.Key, args...)
}

// Close ends idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }
