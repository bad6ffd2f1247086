package posthttp

import (
	"errors"
	"io"
	"net/http"

	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/post"
)

// Path is where an office takes its post.
const Path = "/post/v1"

const contentType = "application/json"

// Handler takes the post of one office. It is served with [ServerTLS]; over any other connection it lets nobody in.
type Handler struct {
	Office  post.Address // the receiver
	Receive post.Receiver
}

// ServeHTTP answers a batch with its receipts.
func (h Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, err := h.answer(w, r)
	if err != nil {
		w.WriteHeader(statusOf(err))
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Write(answer)
}

func (h Handler) answer(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	from, err := line.Peer(r.TLS)
	if err != nil {
		return nil, err
	}
	if r.Method != http.MethodPost || r.URL.Path != Path || r.Header.Get("Content-Type") != contentType {
		return nil, fault.New(fault.NotFound, "post.batch_invalid")
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, post.MaxEncoded))
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

func statusOf(err error) int {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return http.StatusRequestEntityTooLarge
	}
	switch fault.KindOf(err) {
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
