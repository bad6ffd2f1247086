package kioskhttp

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/kiosk"
	"github.com/openjpki/jpki/internal/line"
)

// Client is a window of the panel, for programs. It remembers the session that it has begun. It is used by one goroutine.
// Each act returns the state after it. Faults: those of package kiosk, "line.foreign", "line.peer".
type Client struct {
	URL  string       // of the panel, "http://127.0.0.1:8080"
	HTTP *http.Client // Optional; http.DefaultClient if nil.

	session string
}

// State looks at the panel.
func (c *Client) State(ctx context.Context) (State, error) {
	return c.send(ctx, http.MethodGet, "state", nil)
}

// Begin takes the card in the reader.
func (c *Client) Begin(ctx context.Context) (State, error) {
	state, err := c.post(ctx, "begin", nothing{})
	if err == nil {
		c.session = state.Session
	}
	return state, err
}

// Choose picks a work and the key it is for.
func (c *Client) Choose(ctx context.Context, work kiosk.Work, key card.Key) (State, error) {
	q := choice{Key: key.String()}
	for word, w := range works {
		if w == work {
			q.Work = word
		}
	}
	return c.post(ctx, "choose", q)
}

// SetPIN sets the first PIN.
func (c *Client) SetPIN(ctx context.Context, pin string) (State, error) {
	return c.post(ctx, "setpin", onePIN{pin})
}

// VerifyPIN enters the PIN that is set.
func (c *Client) VerifyPIN(ctx context.Context, pin string) (State, error) {
	return c.post(ctx, "verifypin", onePIN{pin})
}

// VerifyLastTry does so with the last try.
func (c *Client) VerifyLastTry(ctx context.Context, pin string) (State, error) {
	return c.post(ctx, "verifylasttry", onePIN{pin})
}

// ChangePIN replaces the PIN.
func (c *Client) ChangePIN(ctx context.Context, pin, next string) (State, error) {
	return c.post(ctx, "changepin", twoPINs{pin, next})
}

// Generate makes the key pair.
func (c *Client) Generate(ctx context.Context) (State, error) {
	return c.post(ctx, "generate", nothing{})
}

// Another goes back to the menu.
func (c *Client) Another(ctx context.Context) (State, error) {
	return c.post(ctx, "another", nothing{})
}

// Return ends the session.
func (c *Client) Return(ctx context.Context) (State, error) {
	return c.post(ctx, "return", nothing{})
}

func (c *Client) post(ctx context.Context, act string, asked any) (State, error) {
	body, err := json.Marshal(asked)
	if err != nil {
		return State{}, fmt.Errorf("asking the kiosk: %w", err)
	}
	return c.send(ctx, http.MethodPost, act, body)
}

func (c *Client) send(ctx context.Context, method, act string, body []byte) (state State, err error) {
	request, err := http.NewRequestWithContext(ctx, method, c.URL+base+act, bytes.NewReader(body))
	if err != nil {
		return State{}, fmt.Errorf("asking the kiosk: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(headerSession, c.session)
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return State{}, fmt.Errorf("asking the kiosk: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return State{}, line.Refusal(response, c.URL)
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	if err != nil || line.Decode(answer, &state) != nil {
		return State{}, fault.Wrap(err, fault.Unavailable, "line.answer_invalid", c.URL)
	}
	return state, nil
}
