// Package posthttp carries the post between two offices (庁間の送達) over the line between them, see package line: the sender
// of a batch is who its certificate names, and no batch can say otherwise.
//
// One request carries one batch (POST [Path], a batch as package post encodes it) and is answered with its receipts. After
// everything else the sender knows nothing of the batch and sends it again.
package posthttp

import (
	"context"
	"fmt"
	"net/http"

	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/post"
)

// Path is where an office takes its post.
const Path = "/post/v1"

// Carrier carries to the office of a client. Faults: "post.no_route", those of [line.Client.Post], "post.receipt_invalid".
func Carrier(client *line.Client) post.Carrier {
	return func(ctx context.Context, to post.Address, batch []post.Message) ([]post.Receipt, error) {
		if to != client.Office {
			return nil, fault.New(fault.Unavailable, "post.no_route", to)
		}
		data, err := post.EncodeBatch(batch)
		if err != nil {
			return nil, fmt.Errorf("writing batch to %s: %w", to, err)
		}
		answer, err := client.Post(ctx, Path, "", data)
		if err != nil {
			return nil, err
		}
		return post.DecodeReceipts(answer)
	}
}

// Handler takes the post of one office, at [Path].
type Handler struct {
	Office  post.Address // the receiver
	Receive post.Receiver
}

// ServeHTTP answers a batch with its receipts.
func (h Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, err := h.answer(w, r)
	if err != nil {
		line.Refuse(w, err)
		return
	}
	line.Answer(w, answer)
}

func (h Handler) answer(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	_, from, err := line.Caller(r)
	if err != nil {
		return nil, err
	}
	data, err := line.Body(w, r, post.MaxEncoded)
	if err != nil {
		return nil, err
	}
	batch, err := post.DecodeBatch(data, from, h.Office)
	if err != nil {
		return nil, err
	}
	receipts, err := h.Receive(r.Context(), from, batch)
	if err != nil {
		return nil, err
	}
	return post.EncodeReceipts(receipts)
}
